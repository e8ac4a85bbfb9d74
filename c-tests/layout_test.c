/* Sizes and offsets that hosts without a C compiler mirror by hand: DLPack's structs and this library's. */
#include "check.h"

#include "dlpack_facts.h"

SIZE_IS(spk_exec, 48, 8);
AT(spk_exec, struct_size, 0, 4);
AT(spk_exec, threads, 4, 4);
AT(spk_exec, stream, 8, 8);
AT(spk_exec, scratch, 16, 8);
AT(spk_exec, scratch_size, 24, 8);
AT(spk_exec, progress, 32, 8);
AT(spk_exec, user, 40, 8);

SIZE_IS(spk_fft_desc, 40, 8);
AT(spk_fft_desc, struct_size, 0, 4);
AT(spk_fft_desc, kind, 4, 4);
AT(spk_fft_desc, direction, 8, 4);
AT(spk_fft_desc, norm, 12, 4);
AT(spk_fft_desc, flags, 16, 4);
AT(spk_fft_desc, naxes, 20, 4);
AT(spk_fft_desc, axes, 24, 8);
AT(spk_fft_desc, lengths, 32, 8);

SIZE_IS(spk_convolve_desc, 32, 8);
AT(spk_convolve_desc, struct_size, 0, 4);
AT(spk_convolve_desc, mode, 4, 4);
AT(spk_convolve_desc, method, 8, 4);
AT(spk_convolve_desc, flags, 12, 4);
AT(spk_convolve_desc, naxes, 16, 4);
AT(spk_convolve_desc, zero, 20, 4);
AT(spk_convolve_desc, axes, 24, 8);

SIZE_IS(spk_eigh_desc, 56, 8);
AT(spk_eigh_desc, struct_size, 0, 4);
AT(spk_eigh_desc, uplo, 4, 4);
AT(spk_eigh_desc, range, 8, 4);
AT(spk_eigh_desc, structure, 12, 4);
AT(spk_eigh_desc, index_low, 16, 8);
AT(spk_eigh_desc, index_high, 24, 8);
AT(spk_eigh_desc, value_low, 32, 8);
AT(spk_eigh_desc, value_high, 40, 8);
AT(spk_eigh_desc, flags, 48, 4);
AT(spk_eigh_desc, zero, 52, 4);

FACT(SPK_FFT_C2C == 0 && SPK_FFT_R2C == 1 && SPK_FFT_C2R == 2);
FACT(SPK_FFT_DCT1 == 11 && SPK_FFT_DCT4 == 14 && SPK_FFT_DST1 == 21 && SPK_FFT_DST4 == 24);
FACT(SPK_FFT_ORTHOGONALIZE == 2 && SPK_FFT_NOT_ORTHOGONALIZE == 4);
FACT(SPK_FORWARD == 0 && SPK_INVERSE == 1);
FACT(SPK_NORM_BACKWARD == 0 && SPK_NORM_ORTHO == 1 && SPK_NORM_FORWARD == 2);
FACT(SPK_CONVOLVE_FULL == 0 && SPK_CONVOLVE_SAME == 1 && SPK_CONVOLVE_VALID == 2);
FACT(SPK_CONVOLVE_AUTO == 0 && SPK_CONVOLVE_BY_FFT == 1 && SPK_CONVOLVE_DIRECT == 2 && SPK_CONVOLVE_CORRELATE == 1);
FACT(SPK_UPLO_LOWER == 0 && SPK_UPLO_UPPER == 1);
FACT(SPK_RANGE_ALL == 0 && SPK_RANGE_INDEX == 1 && SPK_RANGE_VALUE == 2);
FACT(SPK_STRUCTURE_AUTO == 0 && SPK_STRUCTURE_DENSE == 1 && SPK_STRUCTURE_DIAGONAL == 2);
FACT(SPK_STRUCTURE_TRIDIAGONAL == 3 && SPK_STRUCTURE_BANDED == 4 && SPK_STRUCTURE_BLOCKS == 5);
FACT(SPK_TENSOR_READ_ONLY == DLPACK_FLAG_BITMASK_READ_ONLY);
FACT(SPK_TENSOR_COPIED == DLPACK_FLAG_BITMASK_IS_COPIED);
FACT(SPK_TENSOR_SUBBYTE_PADDED == DLPACK_FLAG_BITMASK_IS_SUBBYTE_TYPE_PADDED);
FACT(SPK_FFT_OVERWRITE == 1 && SPK_EIGH_OVERWRITE == 1);
FACT(SPK_PY_LEGACY == 0 && SPK_PY_VERSIONED == 1 && SPK_PY_OWNER == 2);

/* The structs have no room between or behind their fields: mirrors need no padding. */
static void structs_have_no_padding(void) {
  CHECK_INT(sizeof(spk_exec), 2 * 4 + 5 * 8);
  CHECK_INT(sizeof(spk_fft_desc), 6 * 4 + 2 * 8);
  CHECK_INT(sizeof(spk_convolve_desc), 6 * 4 + 8);
  CHECK_INT(sizeof(spk_eigh_desc), 4 * 4 + 4 * 8 + 2 * 4);
}

static void an_exchange_table_is_filled_in_field_by_field(void) {
  DLPackExchangeAPI old = facts_table(NULL), table = facts_table(&old.header);
  CHECK_PTR(table.header.prev_api, &old.header);
  CHECK_INT(table.header.version.minor, 3);
  CHECK(table.managed_tensor_allocator == facts_allocate);
  CHECK(table.current_work_stream == facts_stream);
}

static void flags_and_offsets_hold_64_bits(void) {
  DLManagedTensorVersioned versioned = {.version = {1, 0}, .flags = UINT64_C(1) << 60};
  DLManagedTensor legacy = {.dl_tensor = {.byte_offset = UINT64_C(1) << 61}};
  CHECK(facts_fields(&versioned, &legacy) == (UINT64_C(1) << 60) + (UINT64_C(1) << 61) + 2);
}

int main(void) {
  RUN(structs_have_no_padding);
  RUN(an_exchange_table_is_filled_in_field_by_field);
  RUN(flags_and_offsets_hold_64_bits);
  return check_end();
}
