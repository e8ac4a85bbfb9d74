/*
 * spk_py_*: first in a process without Python, then with six functions that stand in for CPython's and keep to what
 * its documentation says of them. The Python tests run the same against a real interpreter.
 */
#include "tensors.h"

typedef struct {
  void *pointer;
  const char *name;
  void (*destructor)(void *capsule);
} capsule;

static int exception_pending, exceptions_seen; /* a deleter must not see one */

static void *capsule_new(void *pointer, const char *name, void (*destructor)(void *)) {
  capsule *c = pointer ? malloc(sizeof *c) : NULL; /* a NULL pointer is an error of the caller */
  if (c) *c = (capsule){pointer, name, destructor};
  return c;
}
static int capsule_is_valid(void *object, const char *name) {
  capsule *c = object;
  return c && strcmp(c->name, name) == 0;
}
static void *capsule_get_pointer(void *object, const char *name) {
  if (capsule_is_valid(object, name)) return ((capsule *)object)->pointer;
  exception_pending = 1;
  return NULL;
}
static int capsule_set_name(void *object, const char *name) { return ((capsule *)object)->name = name, 0; }
static void err_fetch(void **kind, void **value, void **trace) {
  *kind = exception_pending ? &exception_pending : NULL;
  *value = *trace = NULL;
  exception_pending = 0;
}
static void err_restore(void *kind, void *value, void *trace) {
  (void)value, (void)trace;
  exception_pending = kind != NULL;
}

static const spk_py_api api = {.struct_size = sizeof(spk_py_api), .capsule_new = capsule_new,
                               .capsule_is_valid = capsule_is_valid, .capsule_get_pointer = capsule_get_pointer,
                               .capsule_set_name = capsule_set_name, .err_fetch = err_fetch,
                               .err_restore = err_restore};

static double numbers[4];
static counter freed;

static void collect(void *object) {
  capsule *c = object;
  c->destructor(c);
  free(c);
}

/* The deleter of a consumer that looks whether an exception is pending. */
static void delete_and_look(managed *self) {
  exceptions_seen += exception_pending;
  foreign_delete(self);
}

static managed *make(void) {
  managed *m = foreign(host(numbers, F64, 1, DIMS(4), NULL), 0, &freed);
  m->deleter = delete_and_look;
  atomic_store(&freed, 0);
  return m;
}

static void without_python_every_function_refuses_and_takes_nothing(void) {
  capsule c = {numbers, "dltensor", NULL};
  int32_t form = 77;
  managed *m = make();
  for (int32_t f = SPK_PY_LEGACY; f <= SPK_PY_OWNER; f++) CHECK_PTR(spk_py_capsule_new(m, f), NULL);
  CHECK_PTR(spk_py_capsule_consume(&c, &form), NULL);
  CHECK_PTR(spk_py_capsule_consume(NULL, NULL), NULL);
  CHECK_INT(spk_py_capsule_restore(&c), -1);
  CHECK_INT(spk_py_capsule_restore(NULL), -1);
  CHECK_INT(form, 77);
  CHECK_INT(freed, 0);
  m->deleter(m);
}

static void start_refuses_what_is_not_whole(void) {
  CHECK_INT(spk_py_start(NULL), -1);
  spk_py_api part = api;
  part.struct_size = sizeof part - 8;
  CHECK_INT(spk_py_start(&part), -1);
  part.struct_size = sizeof part + 8;
  CHECK_INT(spk_py_start(&part), -1);
  enum { FIRST = offsetof(spk_py_api, capsule_new), POINTER = sizeof(void *) };
  for (size_t at = FIRST; at < sizeof part; at += POINTER) {
    ROW("function at %d is NULL", (int)at);
    part = api;
    memset((char *)&part + at, 0, POINTER);
    CHECK_INT(spk_py_start(&part), -1);
  }
  CHECK_PTR(spk_py_capsule_new(numbers, SPK_PY_LEGACY), NULL);
}

static void start_counts_once_and_copies_the_table(void) {
  spk_py_api mine = api;
  CHECK_INT(spk_py_start(&mine), 0);
  memset(&mine, 0, sizeof mine);
  CHECK_INT(spk_py_start(&api), 0);
}

static void a_capsule_that_nobody_consumed_frees_its_tensor(void) {
  const char *names[] = {"dltensor", "dltensor_versioned", "spectrapack_tensor"};
  for (int32_t form = SPK_PY_LEGACY; form <= SPK_PY_OWNER; form++)
    for (int pending = 0; pending < 2; pending++) {
      ROW("form %d, exception %d", (int)form, pending);
      atomic_store(&freed, 0);
      void *m = form == SPK_PY_LEGACY ? (void *)foreign_legacy(host(numbers, F64, 1, DIMS(4), NULL), &freed) : make();
      capsule *c = spk_py_capsule_new(m, form);
      if (!CHECK(c != NULL)) continue;
      CHECK_PTR(c->pointer, m);
      CHECK(strcmp(c->name, names[form]) == 0);
      exception_pending = pending;
      collect(c);
      CHECK_INT(freed, 1);
      CHECK_INT(exception_pending, pending);
      exception_pending = 0;
    }
  CHECK_INT(exceptions_seen, 0);
}

static void consume_renames_and_the_capsule_no_longer_frees(void) {
  for (int32_t form = SPK_PY_LEGACY; form <= SPK_PY_VERSIONED; form++) {
    ROW("form %d", (int)form);
    int32_t found = 77;
    managed *m = make();
    capsule *c = spk_py_capsule_new(m, form);
    if (!CHECK(c != NULL)) continue;
    CHECK_PTR(spk_py_capsule_consume(c, NULL), NULL);
    CHECK_PTR(spk_py_capsule_consume(c, &found), m);
    CHECK_INT(found, form);
    CHECK(strcmp(c->name, form == SPK_PY_LEGACY ? "used_dltensor" : "used_dltensor_versioned") == 0);
    CHECK_PTR(spk_py_capsule_consume(c, &found), NULL); /* it was used before */
    collect(c);
    CHECK_INT(freed, 0);
    m->deleter(m);
    CHECK_INT(freed, 1);
  }
}

static void restore_gives_the_tensor_back_to_the_capsule(void) {
  int32_t form = 77;
  managed *m = make();
  capsule *c = spk_py_capsule_new(m, SPK_PY_VERSIONED);
  CHECK_INT(spk_py_capsule_restore(c), -1); /* it was not used */
  CHECK_PTR(spk_py_capsule_consume(c, &form), m);
  CHECK_INT(spk_py_capsule_restore(c), 0);
  CHECK(strcmp(c->name, "dltensor_versioned") == 0);
  collect(c);
  CHECK_INT(freed, 1);
}

static void strange_capsules_and_forms_are_refused(void) {
  int32_t form = 77;
  capsule other = {numbers, "something else", NULL};
  managed *m = make();
  CHECK_PTR(spk_py_capsule_consume(&other, &form), NULL);
  CHECK_PTR(spk_py_capsule_consume(NULL, &form), NULL);
  CHECK_INT(spk_py_capsule_restore(&other), -1);
  CHECK_INT(form, 77);
  CHECK_INT(exception_pending, 0);
  const int32_t forms[] = {-1, 3, INT32_MIN, INT32_MAX};
  for (int i = 0; i < LENGTH(forms); i++) CHECK_PTR(spk_py_capsule_new(m, forms[i]), NULL);
  CHECK_PTR(spk_py_capsule_new(NULL, SPK_PY_VERSIONED), NULL);
  CHECK_INT(freed, 0);
  m->deleter(m);
}

int main(void) {
  RUN(without_python_every_function_refuses_and_takes_nothing);
  RUN(start_refuses_what_is_not_whole);
  RUN(start_counts_once_and_copies_the_table);
  RUN(a_capsule_that_nobody_consumed_frees_its_tensor);
  RUN(consume_renames_and_the_capsule_no_longer_frees);
  RUN(restore_gives_the_tensor_back_to_the_capsule);
  RUN(strange_capsules_and_forms_are_refused);
  return check_end();
}
