# spectrapack_sanitize(target): builds a C or C++ target with the sanitizers that SPECTRAPACK_SANITIZE names.
# The library itself is built by cargo without them; AddressSanitizer still sees every allocation it makes. Run tests
# that ask for more memory than there is with ASAN_OPTIONS=allocator_may_return_null=1.
set(SPECTRAPACK_SANITIZE "" CACHE STRING "Sanitizers for C and C++ tests: address, undefined, both, or empty")
set_property(CACHE SPECTRAPACK_SANITIZE PROPERTY STRINGS "" address undefined address,undefined)
if(NOT SPECTRAPACK_SANITIZE MATCHES "^(|address|undefined|address,undefined|undefined,address)$")
  message(FATAL_ERROR "SPECTRAPACK_SANITIZE is \"${SPECTRAPACK_SANITIZE}\"; known are address and undefined.")
endif()

function(spectrapack_sanitize target)
  if(SPECTRAPACK_SANITIZE)
    # A finding ends the program with a failure instead of a line on stderr.
    target_compile_options(${target} PRIVATE
      -fsanitize=${SPECTRAPACK_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer -g)
    target_link_options(${target} PRIVATE -fsanitize=${SPECTRAPACK_SANITIZE})
  endif()
endfunction()
