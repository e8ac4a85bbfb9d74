/* Cosine and sine transforms against their definitions, summed in long double: types, lengths, norms, weights, axes. */
#include "values.h"

static const int32_t kinds[] = {SPK_FFT_DCT1, SPK_FFT_DCT2, SPK_FFT_DCT3, SPK_FFT_DCT4,
                                SPK_FFT_DST1, SPK_FFT_DST2, SPK_FFT_DST3, SPK_FFT_DST4};

static int is_sine(int32_t kind) { return kind >= SPK_FFT_DST1; }
static int number(int32_t kind) { return kind % 10; }

/* cos or sin of pi * p / q, reduced in integers. */
static long double wave(int sine, int64_t p, int64_t q) {
  long double angle = acosl(-1) * (long double)(p % (2 * q)) / q;
  return sine ? sinl(angle) : cosl(angle);
}

static int64_t period(int32_t kind, int64_t n) {
  return 2 * (number(kind) > 1 ? n : is_sine(kind) ? n + 1 : n - 1);
}

/* What element j counts in element k of a transform without factors. */
static long double weight(int32_t kind, int64_t n, int64_t k, int64_t j) {
  int sine = is_sine(kind);
  switch (number(kind)) {
    case 1:
      if (sine) return 2 * wave(1, (j + 1) * (k + 1), n + 1);
      return (j == 0 || j == n - 1 ? 1 : 2) * wave(0, j * k, n - 1);
    case 2: return 2 * wave(sine, (2 * j + 1) * (k + sine), 2 * n);
    case 3: return (j == (sine ? n - 1 : 0) ? 1 : 2) * wave(sine, (2 * k + 1) * (j + sine), 2 * n);
    default: return 2 * wave(sine, (2 * j + 1) * (2 * k + 1), 4 * n);
  }
}

/* What an orthogonal transform's element is multiplied by, at one side (0 the input). */
static long double end(int32_t kind, int64_t n, int64_t i, int output) {
  int64_t last = is_sine(kind) ? n - 1 : 0;
  long double root = output ? 1 / sqrtl(2) : sqrtl(2);
  if (kind == SPK_FFT_DCT1) return i == 0 || i == n - 1 ? root : 1;
  if (i == last && number(kind) == (output ? 2 : 3)) return root;
  return 1;
}

/* One line, in place, in the direction, norm and weights of `desc`. */
static void transform_line(const spk_fft_desc *desc, big *line, int64_t n) {
  static const int inverse[] = {0, 1, 3, 2, 4};
  int32_t kind = desc->kind;
  int forward = desc->direction == SPK_FORWARD;
  if (!forward) kind += inverse[number(kind)] - number(kind);
  int weighted = desc->flags & SPK_FFT_ORTHOGONALIZE;
  if (desc->norm == SPK_NORM_ORTHO && !(desc->flags & SPK_FFT_NOT_ORTHOGONALIZE)) weighted = 1;
  long double scale = 1;
  if (desc->norm == SPK_NORM_ORTHO) scale = 1 / sqrtl(period(kind, n));
  else if ((desc->norm == SPK_NORM_FORWARD) == forward) scale = 1.0L / period(kind, n);
  big out[64];
  for (int64_t k = 0; k < n; k++) {
    out[k] = 0;
    for (int64_t j = 0; j < n; j++) out[k] += line[j] * weight(kind, n, k, j) * (weighted ? end(kind, n, j, 0) : 1);
    out[k] *= scale * (weighted ? end(kind, n, k, 1) : 1);
  }
  for (int64_t k = 0; k < n; k++) line[k] = out[k];
}

/* Random numbers of shape (3, n): along their last axis, into memory of ours and into a new tensor. */
static void check_line(spk_fft_desc desc, DLDataType type, DLDataType result, int64_t n, int64_t length) {
  double in[3 * 64], out[2 * 3 * 64];
  DLTensor from = host(in, type, 2, DIMS(3, n), NULL), to = host(out, result, 2, DIMS(3, length), NULL);
  fill_tensor(&from, (uint32_t)n);
  big *values = read_tensor(&from), want[3 * 64];
  for (int64_t l = 0; l < 3; l++) {
    for (int64_t j = 0; j < length; j++) want[l * length + j] = j < n ? values[l * n + j] : 0;
    transform_line(&desc, want + l * length, length);
  }
  desc.struct_size = sizeof desc;
  desc.naxes = 1;
  desc.axes = (int32_t[]){-1};
  desc.lengths = DIMS(length);
  double bound = 2 * epsilon_of(result) * log2(2.0 * (double)length + 2);
  mark(out, sizeof out);
  if (CHECK_OK(spk_fft(&from, &desc, NULL, &to))) {
    big *got = read_tensor(&to);
    CHECK_AT_MOST(relative_error(got, want, 3 * length), bound);
    free(got);
  }
  managed *made = NULL;
  if (CHECK_OK(spk_fft_new(&from, &desc, NULL, &made))) {
    CHECK(same_dtype(made->dl_tensor.dtype, result));
    big *got = read_tensor(&made->dl_tensor);
    CHECK_AT_MOST(relative_error(got, want, 3 * length), bound);
    free(got);
  }
  spk_tensor_release(made);
  free(values);
}

static void every_kind_is_its_definition_for_every_length(void) {
  for (int i = 0; i < LENGTH(kinds); i++)
    for (int64_t n = kinds[i] == SPK_FFT_DCT1 ? 2 : 1; n <= 40; n++)
      for (int32_t direction = SPK_FORWARD; direction <= SPK_INVERSE; direction++)
        for (int32_t norm = SPK_NORM_BACKWARD; norm <= SPK_NORM_FORWARD; norm++)
          for (int32_t flags = 0; flags <= SPK_FFT_NOT_ORTHOGONALIZE; flags += 2) {
            ROW("kind %d n %d direction %d norm %d flags %d", (int)kinds[i], (int)n, (int)direction, (int)norm,
                (int)flags);
            spk_fft_desc desc = {.kind = kinds[i], .direction = direction, .norm = norm, .flags = flags};
            check_line(desc, F64, F64, n, n);
            if (norm == SPK_NORM_ORTHO) check_line(desc, F32, F32, n, n);
          }
}

static void every_element_type_has_its_result(void) {
  const struct {
    DLDataType in, out;
  } rows[] = {{BOOL8, F64}, {I8, F64}, {I64, F64}, {F16, F32}, {BF16, F32}, {C64, C64}, {C128, C128}};
  for (int i = 0; i < LENGTH(kinds); i++)
    for (int r = 0; r < LENGTH(rows); r++)
      for (int64_t n = 2; n < 14; n++) {
        ROW("kind %d in %d:%d n %d", (int)kinds[i], rows[r].in.code, rows[r].in.bits, (int)n);
        check_line((spk_fft_desc){.kind = kinds[i]}, rows[r].in, rows[r].out, n, n);
        check_line((spk_fft_desc){.kind = kinds[i]}, rows[r].in, rows[r].out, n, n + 5);
        check_line((spk_fft_desc){.kind = kinds[i]}, rows[r].in, rows[r].out, n, n / 2 + 1);
      }
}

/* Two axes at once are one after the other; in place is out of place; a plan is the one-shot call. */
static void axes_places_and_plans_agree(void) {
  for (int i = 0; i < LENGTH(kinds); i++) {
    ROW("kind %d", (int)kinds[i]);
    double in[6 * 5], out[6 * 5], again[6 * 5];
    DLTensor from = host(in, F64, 2, DIMS(6, 5), NULL), to = host(out, F64, 2, DIMS(6, 5), NULL);
    DLTensor last = host(again, F64, 2, DIMS(6, 5), NULL);
    spk_fft_desc both = {.struct_size = sizeof both, .kind = kinds[i], .norm = SPK_NORM_ORTHO};
    fill_tensor(&from, 7);
    CHECK_OK(spk_fft(&from, &both, NULL, &to));
    spk_fft_plan *plan = NULL;
    if (CHECK_OK(spk_fft_plan_create(&from, &last, &both, NULL, &plan)))
      CHECK_OK(spk_fft_plan_execute(plan, &from, NULL, &last));
    spk_fft_plan_destroy(plan);
    CHECK(memcmp(out, again, sizeof out) == 0);
    memcpy(again, in, sizeof in);
    for (int32_t axis = 1; axis >= 0; axis--) {
      spk_fft_desc one = both;
      one.naxes = 1;
      one.axes = &axis;
      CHECK_OK(spk_fft(&last, &one, NULL, &last));
    }
    for (int k = 0; k < 30; k++) CHECK_NEAR(again[k], out[k], 1e-14);
    CHECK_OK(spk_fft(&from, &both, NULL, &from));
    CHECK(memcmp(out, in, sizeof out) == 0);
  }
}

static void what_has_no_meaning_is_refused(void) {
  double in[8] = {0}, out[8];
  const struct {
    const char *name;
    DLTensor in, out;
    spk_fft_desc desc;
    int32_t status;
    const char *value;
  } rows[] = {
      {"type I of one element", host(in, F64, 1, DIMS(1), NULL), host(out, F64, 1, DIMS(1), NULL),
       {.kind = SPK_FFT_DCT1}, SPK_BAD_SHAPE, "shape[0] = 1"},
      {"both weights", host(in, F64, 1, DIMS(2), NULL), host(out, F64, 1, DIMS(2), NULL),
       {.kind = SPK_FFT_DCT2, .flags = 6}, SPK_INVALID_ARGUMENT, "flags = 0x6"},
      {"weights of another kind", host(in, F64, 1, DIMS(2), NULL), host(out, C128, 1, DIMS(2), NULL),
       {.flags = SPK_FFT_NOT_ORTHOGONALIZE}, SPK_INVALID_ARGUMENT, "flags = 0x4"},
      {"kind 15", host(in, F64, 1, DIMS(2), NULL), host(out, F64, 1, DIMS(2), NULL), {.kind = 15},
       SPK_INVALID_ARGUMENT, "kind = 15"},
      {"kind 20", host(in, F64, 1, DIMS(2), NULL), host(out, F64, 1, DIMS(2), NULL), {.kind = 20},
       SPK_INVALID_ARGUMENT, "kind = 20"},
      {"complex output of real input", host(in, F64, 1, DIMS(2), NULL), host(out, C128, 1, DIMS(2), NULL),
       {.kind = SPK_FFT_DST3}, SPK_BAD_DTYPE, "complex128"},
      {"no axis", host(in, F64, 0, NULL, NULL), host(out, F64, 0, NULL, NULL), {.kind = SPK_FFT_DST3}, SPK_BAD_NDIM,
       "ndim = 0"},
  };
  for (int i = 0; i < LENGTH(rows); i++) {
    ROW("%s", rows[i].name);
    spk_fft_desc desc = rows[i].desc;
    desc.struct_size = sizeof desc;
    mark(out, sizeof out);
    if (CHECK_STATUS(spk_fft(&rows[i].in, &desc, NULL, &rows[i].out), rows[i].status))
      CHECK_CONTAINS(check_message(), rows[i].value);
    CHECK(!unmarked(out, sizeof out));
  }
}

int main(void) {
  RUN(every_kind_is_its_definition_for_every_length);
  RUN(every_element_type_has_its_result);
  RUN(axes_places_and_plans_agree);
  RUN(what_has_no_meaning_is_refused);
  return check_end();
}
