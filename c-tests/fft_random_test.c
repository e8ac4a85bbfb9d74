/* Transforms drawn at random: kinds, types, shapes, axes, lengths, strides, threads, plans; against the direct sum. */
#include "fft_reference.h"

enum { CASES = 3000, POOL = 1 << 16 };

static uint32_t state = 1;
static int pick(int below) { return (int)((state = state * 1664525u + 1013904223u) >> 8) % below; }

static _Alignas(64) char in_pool[POOL], out_pool[POOL], in_copy[POOL];

/* Strides in a random order of dimensions, with gaps and signs; `repeat` allows 0 now and then. */
static void draw_strides(int32_t ndim, const int64_t *shape, int64_t *strides, int repeat) {
  int order[MAX_AXES] = {0, 1, 2, 3};
  int64_t step = 1 + pick(2);
  for (int d = ndim - 1; d > 0; d--) {
    int other = pick(d + 1), kept = order[d];
    order[d] = order[other], order[other] = kept;
  }
  for (int k = 0; k < ndim; k++) {
    int d = order[k];
    strides[d] = pick(3) ? step : -step;
    step *= shape[d] > 1 ? shape[d] : 1;
    step += pick(3);
    if (repeat && pick(10) == 0) strides[d] = 0;
  }
}

static transform draw(void) {
  static const DLDataType real[2][4] = {
      {{kDLFloat, 32, 1}, {kDLFloat, 16, 1}, {kDLBfloat, 16, 1}, {kDLInt, 16, 1}},
      {{kDLFloat, 64, 1}, {kDLInt, 32, 1}, {kDLUInt, 8, 1}, {kDLBool, 8, 1}},
  };
  transform t = {.kind = pick(3), .direction = pick(2), .norm = pick(3), .ndim = 1 + pick(MAX_AXES)};
  int wide = pick(2), complex_in = t.kind == SPK_FFT_C2R || (t.kind == SPK_FFT_C2C && pick(2));
  t.in = complex_in ? (wide ? C128 : C64) : real[wide][pick(4)];
  t.out = t.kind == SPK_FFT_C2R ? (wide ? F64 : F32) : wide ? C128 : C64;
  for (int d = 0; d < t.ndim; d++) t.shape[d] = 2 + pick(6 - t.ndim);
  t.naxes = pick(t.ndim + 1);
  int32_t axes[MAX_AXES] = {0, 1, 2, 3};
  for (int i = 0; i < t.naxes; i++) {
    int other = i + pick(t.ndim - i), axis = axes[other];
    axes[other] = axes[i];
    t.axes[i] = pick(2) ? axis : axis - t.ndim;
  }
  for (int i = 0; i < (t.naxes ? t.naxes : t.ndim); i++) t.lengths[i] = pick(3) ? 0 : 1 + pick(9 - t.ndim);
  return t;
}

static int32_t run(const transform *t, const resolved *r, const DLTensor *in, const DLTensor *out) {
  spk_fft_desc desc = describe(t, r);
  spk_exec exec = {.struct_size = sizeof exec, .threads = pick(4)};
  if (pick(2)) return spk_fft(in, &desc, &exec, out);
  spk_fft_plan *plan = NULL;
  int32_t status = spk_fft_plan_create(in, out, &desc, &exec, &plan);
  if (status == SPK_OK) status = spk_fft_plan_scratch_size(plan, &exec, &exec.scratch_size);
  if (status == SPK_OK) {
    char *scratch = malloc(exec.scratch_size + 8);
    exec.scratch = scratch + pick(8);
    status = spk_fft_plan_execute(plan, in, &exec, out);
    free(scratch);
  }
  spk_fft_plan_destroy(plan);
  return status;
}

static void any_transform_of_any_layout_is_the_sum(void) {
  for (int k = 0; k < CASES; k++) {
    transform t = draw();
    resolved r = resolve(&t);
    ROW("case %d: kind %d, %d:%d, shape %d %d %d %d, naxes %d, axes %d %d %d %d, lengths %d %d %d %d", k, (int)t.kind,
        t.in.code, t.in.bits, (int)t.shape[0], (int)t.shape[1], (int)t.shape[2], (int)t.shape[3], (int)t.naxes,
        (int)t.axes[0], (int)t.axes[1], (int)t.axes[2], (int)t.axes[3], (int)t.lengths[0], (int)t.lengths[1],
        (int)t.lengths[2], (int)t.lengths[3]);
    int64_t shape[MAX_AXES], in_strides[MAX_AXES], out_strides[MAX_AXES];
    memcpy(shape, t.shape, sizeof shape);
    draw_strides(t.ndim, shape, in_strides, 1);
    draw_strides(t.ndim, r.out_shape, out_strides, 0);
    DLTensor in = host(in_pool + POOL / 2 + pick(8), t.in, t.ndim, shape, in_strides);
    DLTensor out = host(out_pool + POOL / 2 + pick(8), t.out, t.ndim, r.out_shape, out_strides);
    int in_place = same_dtype(t.in, t.out) && memcmp(shape, r.out_shape, sizeof shape) == 0 && pick(2);
    if (in_place) {
      in = out;
      in.shape = shape;
    }
    fill_tensor(&in, (uint32_t)k);
    memcpy(in_copy, in_pool, POOL);
    big *before = read_tensor(&in);
    if (!CHECK_OK(run(&t, &r, &in, &out))) return;
    check_transform(&t, before, &out);
    CHECK(memcmp(in_pool, in_copy, POOL) == 0);
    free(before);
  }
}

int main(void) {
  RUN(any_transform_of_any_layout_is_the_sum);
  return check_end();
}
