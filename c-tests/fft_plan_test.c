/* Plans: executing, scratch of the caller's, sharing between threads, progress and cancelling. */
#include "fft_reference.h"

#include <pthread.h>

/* A plan with its tensors: random input, marked output. */
typedef struct {
  transform t;
  resolved r;
  int64_t shape[MAX_AXES];
  DLTensor in, out;
  big *before;
  spk_fft_plan *plan;
} fixture;

static int set_up(fixture *f, transform t, const spk_exec *exec) {
  *f = (fixture){.t = t, .r = resolve(&t)};
  memcpy(f->shape, t.shape, sizeof f->shape);
  f->in = host(NULL, t.in, t.ndim, f->shape, NULL);
  f->out = host(NULL, t.out, t.ndim, f->r.out_shape, NULL);
  spk_fft_desc desc = describe(&f->t, &f->r);
  int ok = CHECK_OK(spk_fft_plan_create(&f->in, &f->out, &desc, exec, &f->plan)); /* data pointers are NULL here */
  f->in.data = malloc((size_t)element_count(&f->in) * element_size(t.in));
  f->out.data = malloc((size_t)element_count(&f->out) * element_size(t.out));
  if (!f->in.data || !f->out.data) abort();
  fill_tensor(&f->in, 23);
  f->before = read_tensor(&f->in);
  mark(f->out.data, (size_t)element_count(&f->out) * element_size(t.out));
  return ok;
}

static void tear_down(fixture *f) {
  spk_fft_plan_destroy(f->plan);
  free(f->in.data);
  free(f->out.data);
  free(f->before);
}

static const transform transforms[] = {
    {.kind = SPK_FFT_C2C, .ndim = 1, .shape = {101}, .in = {kDLComplex, 128, 1}, .out = {kDLComplex, 128, 1}},
    {.kind = SPK_FFT_C2C, .ndim = 2, .shape = {16, 15}, .in = {kDLFloat, 32, 1}, .out = {kDLComplex, 64, 1}},
    {.kind = SPK_FFT_R2C, .ndim = 3, .shape = {4, 6, 10}, .in = {kDLFloat, 64, 1}, .out = {kDLComplex, 128, 1}},
    {.kind = SPK_FFT_R2C, .ndim = 2, .shape = {5, 7}, .lengths = {8, 4}, .norm = SPK_NORM_ORTHO,
     .in = {kDLFloat, 16, 1}, .out = {kDLComplex, 64, 1}},
    {.kind = SPK_FFT_C2R, .direction = SPK_INVERSE, .ndim = 2, .shape = {12, 9}, .lengths = {0, 17},
     .in = {kDLComplex, 64, 1}, .out = {kDLFloat, 32, 1}},
    {.kind = SPK_FFT_C2R, .ndim = 3, .shape = {3, 2, 5}, .naxes = 1, .axes = {2}, .in = {kDLComplex, 128, 1},
     .out = {kDLFloat, 64, 1}},
};

static void a_plan_executes_again_and_again(void) {
  for (int i = 0; i < LENGTH(transforms); i++) {
    ROW("transform %d", i);
    fixture f;
    if (set_up(&f, transforms[i], NULL))
      for (int again = 0; again < 3; again++) {
        mark(f.out.data, (size_t)element_count(&f.out) * element_size(f.t.out));
        if (CHECK_OK(spk_fft_plan_execute(f.plan, &f.in, NULL, &f.out))) check_transform(&f.t, f.before, &f.out);
      }
    tear_down(&f);
  }
}

static void scratch_of_the_asked_size_is_enough_at_any_address(void) {
  for (int i = 0; i < LENGTH(transforms); i++)
    for (int threads = 0; threads <= 3; threads++)
      for (size_t shift = 0; shift < 16; shift += 5) {
        ROW("transform %d, threads %d, %d off", i, threads, (int)shift);
        fixture f;
        spk_exec exec = {.struct_size = sizeof exec, .threads = threads};
        size_t bytes = 0;
        if (set_up(&f, transforms[i], &exec) && CHECK_OK(spk_fft_plan_scratch_size(f.plan, &exec, &bytes))) {
          unsigned char *block = malloc(bytes + 32);
          if (!block) abort();
          mark(block, bytes + 32);
          exec.scratch = block + shift;
          exec.scratch_size = bytes;
          if (CHECK_OK(spk_fft_plan_execute(f.plan, &f.in, &exec, &f.out))) check_transform(&f.t, f.before, &f.out);
          CHECK(!unmarked(block, shift));
          CHECK(!unmarked(block + shift + bytes, 32 - shift));
          free(block);
        }
        tear_down(&f);
      }
}

static void a_byte_too_little_scratch_is_refused_before_anything_is_written(void) {
  for (int i = 0; i < LENGTH(transforms); i++) {
    ROW("transform %d", i);
    fixture f;
    size_t bytes = 0;
    if (set_up(&f, transforms[i], NULL) && CHECK_OK(spk_fft_plan_scratch_size(f.plan, NULL, &bytes)) && bytes > 0) {
      char *block = malloc(bytes), number[32];
      if (!block) abort();
      spk_exec exec = {.struct_size = sizeof exec, .scratch = block, .scratch_size = bytes - 1};
      CHECK_STATUS(spk_fft_plan_execute(f.plan, &f.in, &exec, &f.out), SPK_SCRATCH_TOO_SMALL);
      snprintf(number, sizeof number, "%zu", bytes - 1);
      CHECK_MESSAGE("scratch");
      CHECK_MESSAGE(number);
      CHECK(!unmarked(f.out.data, (size_t)element_count(&f.out) * element_size(f.t.out)));
      free(block);
    }
    tear_down(&f);
  }
}

static void one_shot_calls_take_the_same_scratch(void) {
  for (int i = 0; i < LENGTH(transforms); i++) {
    ROW("transform %d", i);
    fixture f;
    spk_exec exec = {.struct_size = sizeof exec, .threads = 1};
    if (set_up(&f, transforms[i], &exec) && CHECK_OK(spk_fft_plan_scratch_size(f.plan, &exec, &exec.scratch_size))) {
      exec.scratch = malloc(exec.scratch_size + 1);
      spk_fft_desc desc = describe(&f.t, &f.r);
      if (CHECK_OK(spk_fft(&f.in, &desc, &exec, &f.out))) check_transform(&f.t, f.before, &f.out);
      free(exec.scratch);
    }
    tear_down(&f);
  }
}

static void any_number_of_threads_gives_the_same_result(void) {
  transform t = {.kind = SPK_FFT_C2C, .ndim = 2, .shape = {40, 30}, .in = C128, .out = C128};
  for (int threads = 1; threads <= 64; threads *= 4) {
    ROW("threads %d", threads);
    fixture f;
    spk_exec exec = {.struct_size = sizeof exec, .threads = threads};
    if (set_up(&f, t, &exec) && CHECK_OK(spk_fft_plan_execute(f.plan, &f.in, &exec, &f.out)))
      check_transform(&f.t, f.before, &f.out);
    tear_down(&f);
  }
}

typedef struct {
  const fixture *shared;
  void *out;
  int failures;
} job;

static void *execute_often(void *arg) {
  job *j = arg;
  DLTensor out = j->shared->out;
  out.data = j->out;
  for (int i = 0; i < 200; i++)
    j->failures += spk_fft_plan_execute(j->shared->plan, &j->shared->in, NULL, &out) != SPK_OK;
  return NULL;
}

static void threads_share_one_plan(void) {
  for (int i = 0; i < LENGTH(transforms); i++) {
    ROW("transform %d", i);
    fixture f;
    if (set_up(&f, transforms[i], NULL)) {
      enum { JOBS = 3 };
      pthread_t threads[JOBS];
      job jobs[JOBS];
      for (int k = 0; k < JOBS; k++) {
        jobs[k] = (job){&f, malloc((size_t)element_count(&f.out) * element_size(f.t.out)), 0};
        if (!jobs[k].out || pthread_create(&threads[k], NULL, execute_often, &jobs[k])) abort();
      }
      for (int k = 0; k < JOBS; k++) {
        pthread_join(threads[k], NULL);
        DLTensor out = f.out;
        out.data = jobs[k].out;
        CHECK_INT(jobs[k].failures, 0);
        check_transform(&f.t, f.before, &out);
        free(jobs[k].out);
      }
    }
    tear_down(&f);
  }
}

typedef struct {
  int calls, stop_at;
  double last;
  int disorder;
} watcher;

static int32_t watch(void *user, double fraction) {
  watcher *w = user;
  w->disorder += !(fraction >= w->last && fraction >= 0 && fraction <= 1);
  w->last = fraction;
  return ++w->calls == w->stop_at;
}

static void progress_rises_from_0_to_1_and_may_cancel(void) {
  transform t = {.kind = SPK_FFT_C2C, .ndim = 2, .shape = {64, 64}, .in = C128, .out = C128};
  fixture f;
  watcher quiet = {0}, stopping = {.stop_at = 1};
  spk_exec exec = {.struct_size = sizeof exec, .progress = watch, .user = &quiet};
  if (set_up(&f, t, NULL)) {
    if (CHECK_OK(spk_fft_plan_execute(f.plan, &f.in, &exec, &f.out))) check_transform(&f.t, f.before, &f.out);
    CHECK(quiet.calls > 0);
    CHECK_INT(quiet.disorder, 0);
    exec.user = &stopping;
    CHECK_STATUS(spk_fft_plan_execute(f.plan, &f.in, &exec, &f.out), SPK_CANCELLED);
    CHECK_MESSAGE("progress");
    CHECK_INT(stopping.calls, 1);
    spk_fft_desc desc = describe(&f.t, &f.r);
    managed *m = (managed *)&f;
    stopping.calls = 0, stopping.last = 0;
    CHECK_STATUS(spk_fft_new(&f.in, &desc, &exec, &m), SPK_CANCELLED);
    CHECK_PTR(m, NULL);
  }
  tear_down(&f);
}

int main(void) {
  RUN(a_plan_executes_again_and_again);
  RUN(scratch_of_the_asked_size_is_enough_at_any_address);
  RUN(a_byte_too_little_scratch_is_refused_before_anything_is_written);
  RUN(one_shot_calls_take_the_same_scratch);
  RUN(any_number_of_threads_gives_the_same_result);
  RUN(threads_share_one_plan);
  RUN(progress_rises_from_0_to_1_and_may_cancel);
  return check_end();
}
