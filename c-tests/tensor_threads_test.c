/* Shares across threads: the deleter runs once, on whatever thread releases last. */
#include "tensors.h"

#include <pthread.h>

enum { THREADS = 4, ROUNDS = 2000 };

static double numbers[16];

typedef struct {
  pthread_barrier_t *start;
  managed *tensor;
  int failures;
} job;

static void run_threads(job *jobs, void *(*body)(void *)) {
  pthread_barrier_t start;
  pthread_t threads[THREADS];
  pthread_barrier_init(&start, NULL, THREADS);
  for (int i = 0; i < THREADS; i++) {
    jobs[i].start = &start;
    if (pthread_create(&threads[i], NULL, body, &jobs[i])) abort();
  }
  for (int i = 0; i < THREADS; i++) {
    pthread_join(threads[i], NULL);
    CHECK_INT(jobs[i].failures, 0);
  }
  pthread_barrier_destroy(&start);
}

static managed *counted(counter *freed) {
  managed *m = NULL;
  CHECK_OK(spk_tensor_take(foreign(host(numbers, F64, 1, DIMS(16), NULL), 0, freed), &m));
  return m;
}

static void *release_only(void *arg) {
  spk_tensor_release(arg);
  return NULL;
}

static void release_on_another_thread_deletes_once(void) {
  counter freed = 0;
  pthread_t thread;
  managed *m = counted(&freed);
  CHECK_INT(pthread_create(&thread, NULL, release_only, m), 0);
  pthread_join(thread, NULL);
  CHECK_INT(freed, 1);
}

static void *release_at_once(void *arg) {
  job *j = arg;
  pthread_barrier_wait(j->start);
  spk_tensor_release(j->tensor);
  return NULL;
}

static void shares_released_at_the_same_time_delete_once(void) {
  for (int round = 0; round < 200; round++) {
    ROW("round %d", round);
    counter freed = 0;
    managed *m = counted(&freed);
    job jobs[THREADS] = {{0}};
    for (int i = 0; i < THREADS; i++) {
      jobs[i].tensor = m;
      if (i) CHECK_OK(spk_tensor_retain(m));
    }
    run_threads(jobs, release_at_once);
    CHECK_INT(freed, 1);
  }
}

static void *retain_and_release(void *arg) {
  job *j = arg;
  pthread_barrier_wait(j->start);
  for (int i = 0; i < ROUNDS; i++) {
    j->failures += spk_tensor_retain(j->tensor) != SPK_OK;
    spk_tensor_release(j->tensor);
  }
  return NULL;
}

static void retaining_and_releasing_in_parallel_keeps_the_tensor(void) {
  counter freed = 0;
  managed *m = counted(&freed);
  job jobs[THREADS] = {{0}};
  for (int i = 0; i < THREADS; i++) jobs[i].tensor = m;
  run_threads(jobs, retain_and_release);
  CHECK_INT(freed, 0);
  spk_tensor_release(m);
  CHECK_INT(freed, 1);
}

static void *view_and_release(void *arg) {
  job *j = arg;
  pthread_barrier_wait(j->start);
  for (int i = 0; i < ROUNDS; i++) {
    managed *v = NULL, *w = NULL;
    j->failures += spk_tensor_view(j->tensor, 1, DIMS(4), NULL, 4, &v) != SPK_OK;
    j->failures += spk_tensor_view(v, 1, DIMS(2), NULL, 1, &w) != SPK_OK;
    spk_tensor_release(v);
    j->failures += (double *)w->dl_tensor.data != numbers + 5;
    spk_tensor_release(w);
  }
  spk_tensor_release(j->tensor);
  return NULL;
}

static void viewing_in_parallel_deletes_once_after_the_last(void) {
  counter freed = 0;
  managed *m = counted(&freed);
  job jobs[THREADS] = {{0}};
  for (int i = 0; i < THREADS; i++) {
    jobs[i].tensor = m;
    CHECK_OK(spk_tensor_retain(m));
  }
  spk_tensor_release(m);
  run_threads(jobs, view_and_release);
  CHECK_INT(freed, 1);
}

int main(void) {
  RUN(release_on_another_thread_deletes_once);
  RUN(shares_released_at_the_same_time_delete_once);
  RUN(retaining_and_releasing_in_parallel_keeps_the_tensor);
  RUN(viewing_in_parallel_deletes_once_after_the_last);
  return check_end();
}
