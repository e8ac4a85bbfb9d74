# From a sparse matrix to its spectrum, and from an image to its Fourier transform, in Julia (1.5 and later).
#
# No package of ours: the structs are declared here, from the C header, and the functions are called by @ccall.
# SPECTRAPACK_LIBRARY is the path of libspectrapack.so.

using Libdl, LinearAlgebra, Printf, SparseArrays

struct DLTensor
    data::Ptr{Cvoid}
    device_type::Int32
    device_id::Int32
    ndim::Int32
    code::UInt8
    bits::UInt8
    lanes::UInt16
    shape::Ptr{Int64}
    strides::Ptr{Int64}
    byte_offset::UInt64
end

struct DLManagedTensorVersioned
    major::UInt32
    minor::UInt32
    manager_ctx::Ptr{Cvoid}
    deleter::Ptr{Cvoid}
    flags::UInt64
    dl_tensor::DLTensor
end

struct FFTDesc # spk_fft_desc
    struct_size::UInt32
    kind::Int32
    direction::Int32
    norm::Int32
    flags::Int32
    naxes::Int32
    axes::Ptr{Int32}
    lengths::Ptr{Int64}
end

const Managed = Ptr{DLManagedTensorVersioned}
const lib = dlopen(ENV["SPECTRAPACK_LIBRARY"])
const eigh_new, fft, wrap, copy_new, copy_into, release, last_error, status_name, build_info =
    (dlsym(lib, name) for name in (:spk_eigh_new, :spk_fft, :spk_tensor_wrap, :spk_tensor_copy, :spk_tensor_copy_into,
                                   :spk_tensor_release, :spk_last_error, :spk_status_name, :spk_build_info))

"What a function that copies a string to (buf, len) has to say."
function text(f)
    buffer = Vector{UInt8}(undef, @ccall $f(C_NULL::Ptr{UInt8}, 0::Csize_t)::Csize_t)
    @ccall $f(buffer::Ptr{UInt8}, length(buffer)::Csize_t)::Csize_t
    String(buffer[1:end-1])
end

"Ends the program where a status is not SPK_OK."
function check(status, what)
    status == 0 && return
    name = unsafe_string(@ccall $status_name(status::Int32)::Cstring)
    println(stderr, what, ": ", name, ": ", text(last_error))
    exit(1)
end

require(condition, claim) = condition || (println(stderr, "not so: ", claim); exit(1))

code(::Type{<:Real}) = 0x02    # kDLFloat
code(::Type{<:Complex}) = 0x05 # kDLComplex

"""
Calls `f` with a DLTensor that looks at a Julia array. Nothing is copied: the array and its extents stay where they are
while `f` runs, and the DLTensor lives as long. Julia's arrays are column-major, and the strides say so: 1 along the
first dimension.
"""
function borrow(f, array::StridedArray{T,N}) where {T,N}
    extents = collect(Int64, size(array))
    steps = collect(Int64, strides(array)) # in elements, as DLPack counts
    GC.@preserve array extents steps begin
        f(Ref(DLTensor(pointer(array), 1, 0, N, code(T), 8 * sizeof(T), 1, pointer(extents), pointer(steps), 0)))
    end
end

# What tensors own: a tensor knows the address of its holder, and the library hands it back after the last release.
const owned = Dict{Ptr{Cvoid},Ref}()
released(holder::Ptr{Cvoid}) = (delete!(owned, holder); nothing)

"A managed tensor that keeps the array alive until it is released."
function share(array::Array)
    holder = Ref(array)
    user, out = pointer_from_objref(holder), Ref(Managed(C_NULL))
    free = @cfunction(released, Cvoid, (Ptr{Cvoid},))
    borrow(array) do tensor
        check((@ccall $wrap(tensor::Ref{DLTensor}, free::Ptr{Cvoid}, user::Ptr{Cvoid}, 0::UInt64,
                            out::Ref{Managed})::Int32), "spk_tensor_wrap")
    end
    owned[user] = holder
    out[]
end

drop(tensor::Managed) = @ccall $release(tensor::Managed)::Cvoid

"Where the DLTensor of a managed tensor is."
inner(tensor::Managed) = Ptr{DLTensor}(tensor + fieldoffset(DLManagedTensorVersioned, 6))

function eigenvalues(n = 100)
    sparse = spdiagm(-1 => fill(-1.0, n - 1), 0 => fill(2.0, n), 1 => fill(-1.0, n - 1))
    w = Ref(Managed(C_NULL))
    borrow(Matrix(sparse)) do a
        check((@ccall $eigh_new(a::Ref{DLTensor}, C_NULL::Ptr{Cvoid}, C_NULL::Ptr{Cvoid}, w::Ref{Managed},
                                C_NULL::Ptr{Managed})::Int32), "spk_eigh_new")
    end
    values = copy(unsafe_wrap(Array, Ptr{Float64}(unsafe_load(inner(w[])).data), n))
    drop(w[])

    println("Laplacian: $n x $n, $(nnz(sparse)) entries in CSC form")
    @printf("smallest eigenvalue %.6f\n", values[1])
    @printf("largest eigenvalue  %.6f\n", values[end])
    @printf("condition number    %.1f\n", values[end] / values[1])
    worst = maximum(abs.(values - [2 - 2cos(k * pi / (n + 1)) for k in 1:n]))
    @printf("largest distance from the closed form %.1e\n", worst)
    require(worst < 1e-13, "the eigenvalues are those of the closed form")
end

"Bin (p, q) of the 2-D transform by its definition."
function direct_sum(x, p, q)
    m, n = size(x)
    sum(x[i+1, j+1] * cis(-2pi * (mod(p * i, m) / m + mod(q * j, n) / n)) for i in 0:m-1, j in 0:n-1)
end

function transform(n = 1000)
    ours = zeros(n, n)
    x = share(ours)
    tensor = unsafe_load(inner(x))
    steps = unsafe_wrap(Array, tensor.strides, 2)
    @printf("our array is at 0x%x, the tensor's data at 0x%x\n", UInt(pointer(ours)), UInt(tensor.data))
    println("strides of the tensor: $steps")
    require(tensor.data == pointer(ours), "wrapping copies nothing")
    require(steps == [1, n], "the tensor is column-major")

    ours[4, 6] = 42
    out = Ref(Managed(C_NULL))
    check((@ccall $copy_new(inner(x)::Ptr{DLTensor}, 0::Int32, 0::Int32, C_NULL::Ptr{Cvoid}, out::Ref{Managed})::Int32),
          "spk_tensor_copy")
    seen = unsafe_load(Ptr{Float64}(unsafe_load(inner(out[])).data), 3n + 6) # the copy is row-major
    drop(out[])
    wave = [sin(0.05i) + cos(0.11j) + 0.001 * mod(7i + 13j, 101) for i in 0:n-1, j in 0:n-1]
    borrow(wave) do source
        check((@ccall $copy_into(source::Ref{DLTensor}, C_NULL::Ptr{Cvoid}, inner(x)::Ptr{DLTensor})::Int32),
              "spk_tensor_copy_into")
    end
    @printf("we wrote 42, the library read %g; the library wrote %g, we read %g\n", seen, wave[4, 6], ours[4, 6])
    require(seen == 42 && ours == wave, "each side sees the other's writes")

    spectrum = Matrix{ComplexF64}(undef, n, n)
    desc = Ref(FFTDesc(sizeof(FFTDesc), 0, 0, 0, 0, 0, C_NULL, C_NULL)) # complex result, forward, all axes, no factor
    borrow(spectrum) do y # the library writes into our array, column-major as it is
        check((@ccall $fft(inner(x)::Ptr{DLTensor}, desc::Ref{FFTDesc}, C_NULL::Ptr{Cvoid},
                           y::Ref{DLTensor})::Int32), "spk_fft")
    end
    println("fft2 of $n x $n")
    for (p, q) in ((0, 0), (8, 17), (983, 0))
        bin = spectrum[p+1, q+1]
        error = abs(bin - direct_sum(ours, p, q))
        @printf("bin (%3d, %3d) = %14.6f %+14.6fi, off the direct sum by %.1e\n", p, q, real(bin), imag(bin), error)
        require(error < 1e-6, "the bin is the direct sum")
    end
    require(isapprox(norm(spectrum), n * norm(ours); rtol = 1e-13), "the transform keeps the energy")

    require(length(owned) == 1, "the array is held until its tensor is released")
    drop(x)
    require(isempty(owned), "releasing the tensor calls our function")
end

println(text(build_info))
eigenvalues()
transform()
println("all as it should be")
