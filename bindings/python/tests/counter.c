/* Managed tensors whose deletions are counted without Python, so that the count is right while it shuts down too. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "dlpack/dlpack.h"

typedef struct DLManagedTensorVersioned versioned;

static atomic_int freed;
static versioned *last_holder;

int counter_freed(void) { return atomic_load(&freed); }

/* For spk_tensor_wrap. */
void counter_free(void *user) {
  (void)user;
  atomic_fetch_add(&freed, 1);
}

static void delete_versioned(versioned *tensor) {
  atomic_fetch_add(&freed, 1);
  free(tensor);
}

static void delete_legacy(DLManagedTensor *tensor) {
  atomic_fetch_add(&freed, 1);
  free(tensor);
}

/* Zeroed but for the deleter: the caller fills in the rest. */
versioned *counter_versioned(void) {
  versioned *tensor = calloc(1, sizeof *tensor);
  tensor->deleter = delete_versioned;
  return tensor;
}

DLManagedTensor *counter_legacy(void) {
  DLManagedTensor *tensor = calloc(1, sizeof *tensor);
  tensor->deleter = delete_legacy;
  return tensor;
}

static void *release(void *tensor) {
  ((versioned *)tensor)->deleter(tensor);
  return NULL;
}

/* Returns when another thread, unknown to Python, has released the tensor. */
void counter_release_in_thread(versioned *tensor) {
  pthread_t thread;
  if (pthread_create(&thread, NULL, release, tensor) == 0) pthread_join(thread, NULL);
}

/* The tensor is released when the process exits, after the interpreter is gone. */
void counter_release_at_exit(versioned *tensor) { last_holder = tensor; }

/* Drops a reference while an exception is pending; both functions are CPython's. */
void counter_drop_while_pending(void *object, void *kind, void (*set_none)(void *), void (*decref)(void *)) {
  set_none(kind);
  decref(object);
}

__attribute__((destructor)) static void report(void) {
  if (last_holder != NULL) last_holder->deleter(last_holder);
  if (getenv("COUNTER_REPORT") != NULL) {
    printf("freed %d\n", counter_freed());
    fflush(stdout);
  }
}
