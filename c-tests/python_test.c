/*
 * spk_py_*: first in a process without Python, then with functions that stand in for CPython's and keep to what
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

/* Objects that own memory: a count of references. Whether this thread holds the GIL, and whether CPython is up. */
static int references, holds_gil = 1, initialized = 1;
static int (*pending_call)(void *), pending_calls;
static void *pending_user;

static void inc_ref(void *object) { references += object == &references; }
static void dec_ref(void *object) { references -= object == &references; }
static int is_initialized(void) { return initialized; }
static int gil_check(void) { return holds_gil; }
static int add_pending_call(int (*call)(void *), void *user) {
  pending_call = call, pending_user = user, pending_calls++;
  return 0;
}

typedef void (*function)(void);
static const struct {
  const char *name;
  function stand_in;
} functions[] = {
    {"PyCapsule_New", (function)capsule_new},           {"PyCapsule_IsValid", (function)capsule_is_valid},
    {"PyCapsule_GetPointer", (function)capsule_get_pointer}, {"PyCapsule_SetName", (function)capsule_set_name},
    {"PyErr_Fetch", (function)err_fetch},               {"PyErr_Restore", (function)err_restore},
    {"Py_IncRef", (function)inc_ref},                   {"Py_DecRef", (function)dec_ref},
    {"Py_IsInitialized", (function)is_initialized},     {"PyGILState_Check", (function)gil_check},
    {"Py_AddPendingCall", (function)add_pending_call},
};
enum { MOST = 256 };

/* Fills in the address of a stand-in for each symbol that the library asks for; gives how many those are. */
static size_t look_up(const void **addresses) {
  size_t count = 0;
  for (const char *name; count < MOST && (name = spk_py_symbol(count)) != NULL; count++) {
    addresses[count] = NULL;
    for (int i = 0; i < LENGTH(functions); i++)
      if (strcmp(name, functions[i].name) == 0) memcpy(&addresses[count], &functions[i].stand_in, sizeof(function));
    ROW("%s has a stand-in", name);
    CHECK(addresses[count] != NULL);
  }
  return count;
}

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
  managed *none = NULL;
  CHECK_STATUS(spk_py_wrap(&m->dl_tensor, numbers, 0, &none), SPK_UNSUPPORTED);
  CHECK_INT(form, 77);
  CHECK_INT(freed, 0);
  m->deleter(m);
}

static void start_refuses_what_is_not_whole(void) {
  const void *addresses[MOST];
  size_t count = look_up(addresses);
  CHECK_AT_MOST(1, count);
  CHECK_INT(spk_py_start(NULL, count), -1);
  CHECK_INT(spk_py_start(addresses, count - 1), -1);
  CHECK_INT(spk_py_start(addresses, count + 1), -1);
  for (size_t i = 0; i < count; i++) {
    ROW("%s is NULL", spk_py_symbol(i));
    const void *kept = addresses[i];
    addresses[i] = NULL;
    CHECK_INT(spk_py_start(addresses, count), -1);
    addresses[i] = kept;
  }
  CHECK_PTR(spk_py_capsule_new(numbers, SPK_PY_LEGACY), NULL);
}

static void start_counts_once_and_copies_the_addresses(void) {
  const void *addresses[MOST];
  size_t count = look_up(addresses);
  CHECK_INT(spk_py_start(addresses, count), 0);
  memset(addresses, 0, sizeof addresses);
  look_up(addresses);
  CHECK_INT(spk_py_start(addresses, count), 0);
}

/* A tensor whose memory the object `references` owns. */
static managed *owned(void) {
  DLTensor t = host(numbers, F64, 1, DIMS(4), NULL);
  managed *m = NULL;
  CHECK_OK(spk_py_wrap(&t, &references, 0, &m));
  return m;
}

static void an_object_is_kept_until_the_last_holder_is_gone(void) {
  references = 1;
  managed *m = owned();
  CHECK_INT(references, 2);
  CHECK_PTR(m->dl_tensor.data, numbers);
  CHECK_OK(spk_tensor_retain(m));
  spk_tensor_release(m);
  CHECK_INT(references, 2);
  spk_tensor_release(m);
  CHECK_INT(references, 1);
}

static void without_the_gil_an_object_waits_for_a_pending_call(void) {
  references = 1;
  managed *m = owned();
  holds_gil = 0;
  pending_calls = 0;
  spk_tensor_release(m);
  CHECK_INT(references, 2);
  CHECK_INT(pending_calls, 1);
  holds_gil = 1;
  CHECK_INT(pending_call(pending_user), 0);
  CHECK_INT(references, 1);
}

static void while_python_shuts_down_an_object_is_left_alone(void) {
  references = 1;
  managed *m = owned();
  initialized = 0;
  spk_tensor_release(m);
  initialized = 1;
  CHECK_INT(references, 2);
}

static void a_refused_wrap_keeps_no_reference(void) {
  references = 1;
  int64_t extent = -3;
  DLTensor good = host(numbers, F64, 1, DIMS(4), NULL), bad = host(numbers, F64, 1, &extent, NULL);
  managed *m = (managed *)&references;
  CHECK_STATUS(spk_py_wrap(&bad, &references, 0, &m), SPK_BAD_SHAPE);
  CHECK_MESSAGE("shape[0] = -3");
  CHECK_PTR(m, NULL);
  CHECK_STATUS(spk_py_wrap(NULL, &references, 0, &m), SPK_NULL_ARGUMENT);
  CHECK_STATUS(spk_py_wrap(&good, NULL, 0, &m), SPK_NULL_ARGUMENT);
  CHECK_STATUS(spk_py_wrap(&good, &references, 0, NULL), SPK_NULL_ARGUMENT);
  CHECK_INT(references, 1);
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
  RUN(start_counts_once_and_copies_the_addresses);
  RUN(an_object_is_kept_until_the_last_holder_is_gone);
  RUN(without_the_gil_an_object_waits_for_a_pending_call);
  RUN(while_python_shuts_down_an_object_is_left_alone);
  RUN(a_refused_wrap_keeps_no_reference);
  RUN(a_capsule_that_nobody_consumed_frees_its_tensor);
  RUN(consume_renames_and_the_capsule_no_longer_frees);
  RUN(restore_gives_the_tensor_back_to_the_capsule);
  RUN(strange_capsules_and_forms_are_refused);
  return check_end();
}
