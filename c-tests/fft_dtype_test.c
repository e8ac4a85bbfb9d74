/* Element types of Fourier transforms: what goes in, what it is computed in, what comes out. */
#include "fft_reference.h"

typedef struct {
  DLDataType type;
  int wide; /* the precision of a new result: 0 for float32, 1 for float64 */
} input;

static const input inputs[] = {
    {{kDLBool, 8, 1}, 1},   {{kDLInt, 8, 1}, 1},    {{kDLInt, 16, 1}, 1},   {{kDLInt, 32, 1}, 1},
    {{kDLInt, 64, 1}, 1},   {{kDLUInt, 8, 1}, 1},   {{kDLUInt, 16, 1}, 1},  {{kDLUInt, 32, 1}, 1},
    {{kDLUInt, 64, 1}, 1},  {{kDLFloat, 16, 1}, 0}, {{kDLBfloat, 16, 1}, 0}, {{kDLFloat, 32, 1}, 0},
    {{kDLFloat, 64, 1}, 1}, {{kDLComplex, 64, 1}, 0}, {{kDLComplex, 128, 1}, 1},
};

static DLDataType result_of(int kind, int wide) {
  if (kind == SPK_FFT_C2R) return wide ? F64 : F32;
  return wide ? C128 : C64;
}

static int is_complex(DLDataType t) { return t.code == kDLComplex; }
static int is_integer(DLDataType t) { return t.code == kDLInt || t.code == kDLUInt || t.code == kDLBool; }

/* Real numbers pass as complex ones, but not the other way round. */
static int allowed(int kind, DLDataType t) { return kind != SPK_FFT_R2C || !is_complex(t); }

static void every_input_type_gives_the_transform_of_its_values(void) {
  for (int i = 0; i < LENGTH(inputs); i++)
    for (int kind = SPK_FFT_C2C; kind <= SPK_FFT_C2R; kind++) {
      if (!allowed(kind, inputs[i].type)) continue;
      for (int64_t n = 1; n <= 24; n += 1 + n / 4) {
        ROW("code %d bits %d kind %d n %d", inputs[i].type.code, inputs[i].type.bits, kind, (int)n);
        transform t = {.kind = kind, .direction = kind == SPK_FFT_C2R, .ndim = 2, .shape = {3, n}, .naxes = 1,
                       .axes = {1}, .lengths = {n}};
        if (kind == SPK_FFT_C2R) t.shape[1] = n / 2 + 1;
        t.in = inputs[i].type;
        t.out = result_of(kind, inputs[i].wide);
        check_random(&t, (uint32_t)n);
      }
    }
}

static void new_results_have_the_documented_type(void) {
  for (int i = 0; i < LENGTH(inputs); i++)
    for (int kind = SPK_FFT_C2C; kind <= SPK_FFT_C2R; kind++) {
      if (!allowed(kind, inputs[i].type)) continue;
      ROW("code %d bits %d kind %d", inputs[i].type.code, inputs[i].type.bits, kind);
      uint64_t memory[2 * 3 * 4] = {0};
      DLTensor in = host(memory, inputs[i].type, 2, DIMS(3, 4), DIMS(1, 3));
      spk_fft_desc desc = {.struct_size = sizeof desc, .kind = kind};
      managed *m = NULL;
      if (!CHECK_OK(spk_fft_new(&in, &desc, NULL, &m))) continue;
      int64_t last = kind == SPK_FFT_C2C ? 4 : kind == SPK_FFT_R2C ? 3 : 6;
      CHECK(same_dtype(m->dl_tensor.dtype, result_of(kind, inputs[i].wide)));
      check_layout(&m->dl_tensor, 2, DIMS(3, last), DIMS(last, 1));
      CHECK_INT((uintptr_t)m->dl_tensor.data % 256, 0);
      CHECK_INT(m->flags, 0);
      CHECK_INT(m->dl_tensor.device.device_type, kDLCPU);
      spk_tensor_release(m);
    }
}

static void integers_compute_in_the_precision_of_the_output(void) {
  for (int i = 0; i < LENGTH(inputs); i++) {
    if (!is_integer(inputs[i].type)) continue;
    ROW("code %d bits %d", inputs[i].type.code, inputs[i].type.bits);
    transform t = {.kind = SPK_FFT_R2C, .ndim = 1, .shape = {15}, .in = inputs[i].type, .out = C64};
    check_random(&t, 1);
  }
}

static void each_type_takes_only_its_kinds_and_outputs(void) {
  uint64_t in_memory[64] = {0}, out_memory[64];
  for (int i = 0; i < LENGTH(inputs); i++)
    for (int o = 0; o < LENGTH(inputs); o++)
      for (int kind = SPK_FFT_C2C; kind <= SPK_FFT_C2R; kind++) {
        DLDataType type = inputs[i].type, result = inputs[o].type;
        int fits = same_dtype(result, result_of(kind, 0)) || same_dtype(result, result_of(kind, 1));
        if (!is_integer(type)) fits = same_dtype(result, result_of(kind, inputs[i].wide));
        ROW("kind %d code %d:%d to %d:%d", kind, type.code, type.bits, result.code, result.bits);
        DLTensor in = host(in_memory, type, 1, DIMS(4), NULL);
        DLTensor out = host(out_memory, result, 1, DIMS(kind == SPK_FFT_C2C ? 4 : kind == SPK_FFT_R2C ? 3 : 6), NULL);
        spk_fft_desc desc = {.struct_size = sizeof desc, .kind = kind};
        mark(out_memory, sizeof out_memory);
        CHECK_STATUS(spk_fft(&in, &desc, NULL, &out), fits && allowed(kind, type) ? SPK_OK : SPK_BAD_DTYPE);
        CHECK_INT(unmarked(out_memory, sizeof out_memory), fits && allowed(kind, type));
      }
}

/* Bits written by hand: 1.0, -2.0, 0.5 and the least subnormal in both half formats. */
static void half_bits_are_read_as_their_formats_say(void) {
  const struct {
    DLDataType type;
    uint16_t bits[4];
    double least;
  } rows[] = {{{kDLFloat, 16, 1}, {0x3C00, 0xC000, 0x3800, 0x0001}, 0x1p-24},
              {{kDLBfloat, 16, 1}, {0x3F80, 0xC000, 0x3F00, 0x0080}, 0x1p-126}};
  for (int i = 0; i < LENGTH(rows); i++) {
    ROW("code %d", rows[i].type.code);
    uint16_t bits[4];
    float out[2];
    for (int k = 0; k < 4; k++) {
      memcpy(bits, rows[i].bits, sizeof bits);
      DLTensor in = host(bits + k, rows[i].type, 1, DIMS(1), NULL), to = host(out, C64, 1, DIMS(1), NULL);
      spk_fft_desc desc = {.struct_size = sizeof desc};
      const double want[] = {1, -2, 0.5, rows[i].least};
      CHECK_OK(spk_fft(&in, &desc, NULL, &to));
      CHECK_NEAR(out[0], want[k], 0);
      CHECK_NEAR(out[1], 0, 0);
    }
  }
}

static void any_nonzero_bool_is_true(void) {
  unsigned char in[4] = {0, 1, 2, 255};
  double out[8];
  DLTensor from = host(in, BOOL8, 1, DIMS(4), NULL), to = host(out, C128, 1, DIMS(4), NULL);
  spk_fft_desc desc = {.struct_size = sizeof desc};
  CHECK_OK(spk_fft(&from, &desc, NULL, &to));
  CHECK_NEAR(out[0], 3, 1e-15);
}

static void pinned_and_managed_memory_computes(void) {
  const int devices[] = {kDLCUDAHost, kDLROCMHost, kDLCUDAManaged};
  for (int i = 0; i < LENGTH(devices); i++) {
    ROW("device %d", devices[i]);
    double in[3] = {1, 2, 3}, out[6];
    DLTensor from = tensor_on(devices[i], in, F64, 1, DIMS(3), NULL);
    DLTensor to = tensor_on(devices[i], out, C128, 1, DIMS(3), NULL);
    spk_fft_desc desc = {.struct_size = sizeof desc};
    CHECK_OK(spk_fft(&from, &desc, NULL, &to));
    CHECK_NEAR(out[0], 6, 1e-14);
  }
}

int main(void) {
  RUN(every_input_type_gives_the_transform_of_its_values);
  RUN(new_results_have_the_documented_type);
  RUN(integers_compute_in_the_precision_of_the_output);
  RUN(each_type_takes_only_its_kinds_and_outputs);
  RUN(half_bits_are_read_as_their_formats_say);
  RUN(any_nonzero_bool_is_true);
  RUN(pinned_and_managed_memory_computes);
  return check_end();
}
