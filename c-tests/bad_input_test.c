/* The table of bad tensors: every defect in every argument that is a tensor. */
#include "bad_input.h"

/* What a place does not look at, or does not mind. */
enum {
  ANY_TYPE = 1,    /* passes elements through: any type and any device */
  NO_DATA = 2,     /* the data pointer is not looked at */
  NO_STRIDES = 4,  /* nor are the strides */
  ANY_ELEMENT = 8, /* moves elements on the host: any type, no other device */
  MAKES = 16,      /* new memory on the device of the tensor */
  OWNS = 32        /* what succeeds frees the memory in the end */
};

/* A tensor argument of a function: how to call it with a tensor in this place and all else good. */
typedef struct {
  const char *function, *argument;
  int32_t (*call)(const DLTensor *t);
  const DLTensor *good;
  int traits;
} place;

static int32_t check(const DLTensor *t) { return spk_tensor_check(t); }
static int32_t check_writable(const DLTensor *t) {
  managed m = {.version = {1, 0}, .dl_tensor = *t};
  return spk_tensor_check_managed(&m, 1);
}
static int32_t wrap(const DLTensor *t) {
  managed *m = stale();
  return made(spk_tensor_wrap(t, count_free, &freed, 0, &m), &m);
}
static void count_delete(managed *self) { count_free(self->manager_ctx); }
static void count_delete_legacy(DLManagedTensor *self) { count_free(self->manager_ctx); }
static int32_t take(const DLTensor *t) {
  managed *m = stale(), from = {.version = {1, 0}, .manager_ctx = &freed, .deleter = count_delete, .dl_tensor = *t};
  return made(spk_tensor_take(&from, &m), &m);
}
static int32_t take_legacy(const DLTensor *t) {
  managed *m = stale();
  DLManagedTensor from = {.dl_tensor = *t, .manager_ctx = &freed, .deleter = count_delete_legacy};
  return made(spk_tensor_take_legacy(&from, 0, &m), &m);
}
static int32_t to_legacy(const DLTensor *t) {
  managed from = {.version = {1, 0}, .manager_ctx = &freed, .deleter = count_delete, .dl_tensor = *t};
  DLManagedTensor *to = stale();
  return made_legacy(spk_tensor_to_legacy(&from, &to), &to);
}
static int32_t empty(const DLTensor *t) {
  managed *m = stale();
  return made(spk_tensor_empty(t, &m), &m);
}
static int32_t copy(const DLTensor *t) {
  managed *m = stale();
  return made(spk_tensor_copy(t, 0, 0, NULL, &m), &m);
}
static int32_t copy_from(const DLTensor *t) { return spk_tensor_copy_into(t, NULL, &good_out); }
static int32_t copy_to(const DLTensor *t) { return spk_tensor_copy_into(&good_in, NULL, t); }
static int32_t fft_from(const DLTensor *t) { return spk_fft(t, &good_desc, NULL, &good_out); }
static int32_t fft_to(const DLTensor *t) { return spk_fft(&good_in, &good_desc, NULL, t); }
static int32_t fft_new(const DLTensor *t) {
  managed *m = stale();
  return made(spk_fft_new(t, &good_desc, NULL, &m), &m);
}
static int32_t plan_from(const DLTensor *t) {
  spk_fft_plan *plan = stale();
  return made_plan(spk_fft_plan_create(t, &good_out, &good_desc, NULL, &plan), &plan);
}
static int32_t plan_to(const DLTensor *t) {
  spk_fft_plan *plan = stale();
  return made_plan(spk_fft_plan_create(&good_in, t, &good_desc, NULL, &plan), &plan);
}
static int32_t execute_from(const DLTensor *t) { return spk_fft_plan_execute(good_plan(), t, NULL, &good_out); }
static int32_t execute_to(const DLTensor *t) { return spk_fft_plan_execute(good_plan(), &good_in, NULL, t); }
static int32_t eigh_a(const DLTensor *t) { return spk_eigh(t, NULL, NULL, &good_w, &good_v, &good_info); }
static int32_t eigh_w(const DLTensor *t) { return spk_eigh(&good_a, NULL, NULL, t, &good_v, &good_info); }
static int32_t eigh_v(const DLTensor *t) { return spk_eigh(&good_a, NULL, NULL, &good_w, t, &good_info); }
static int32_t eigh_info(const DLTensor *t) { return spk_eigh(&good_a, NULL, NULL, &good_w, &good_v, t); }
static int32_t eigh_new(const DLTensor *t) {
  managed *w = stale(), *v = stale();
  int32_t status = spk_eigh_new(t, NULL, NULL, &w, &v);
  made(status, &v);
  return made(status, &w);
}

static const place places[] = {
    {"spk_tensor_check", "tensor", check, &good_in, ANY_TYPE},
    {"spk_tensor_check_managed", "tensor", check_writable, &good_in, ANY_TYPE},
    {"spk_tensor_wrap", "tensor", wrap, &good_in, ANY_TYPE | OWNS},
    {"spk_tensor_take", "foreign", take, &good_in, ANY_TYPE | OWNS},
    {"spk_tensor_take_legacy", "legacy", take_legacy, &good_in, ANY_TYPE | OWNS},
    {"spk_tensor_to_legacy", "tensor", to_legacy, &good_in, ANY_TYPE | OWNS},
    {"spk_tensor_empty", "prototype", empty, &good_in, ANY_ELEMENT | NO_DATA | NO_STRIDES | MAKES},
    {"spk_tensor_copy", "in", copy, &good_in, ANY_ELEMENT},
    {"spk_tensor_copy_into", "in", copy_from, &good_in, ANY_ELEMENT},
    {"spk_tensor_copy_into", "out", copy_to, &good_out, ANY_ELEMENT},
    {"spk_fft", "in", fft_from, &good_in, 0},
    {"spk_fft", "out", fft_to, &good_out, 0},
    {"spk_fft_new", "in", fft_new, &good_in, 0},
    {"spk_fft_plan_create", "in", plan_from, &good_in, NO_DATA},
    {"spk_fft_plan_create", "out", plan_to, &good_out, NO_DATA},
    {"spk_fft_plan_execute", "in", execute_from, &good_in, 0},
    {"spk_fft_plan_execute", "out", execute_to, &good_out, 0},
    {"spk_eigh", "a", eigh_a, &good_a, 0},
    {"spk_eigh", "w", eigh_w, &good_w, 0},
    {"spk_eigh", "v", eigh_v, &good_v, 0},
    {"spk_eigh", "info", eigh_info, &good_info, 0},
    {"spk_eigh_new", "a", eigh_new, &good_a, 0},
};

/* What to make of a good tensor; numbers of 0 leave the good ones as they are. */
typedef struct {
  const char *name;
  int32_t status;
  const char *value; /* what the message must hold */
  int spared;        /* the traits of places that do not mind */
  int32_t ndim;
  int64_t shape[2], strides[2];
  uint64_t byte_offset;
  enum { AS_IT_IS, NO_SHAPE_POINTER, NO_DATA_POINTER, NO_BITS, NO_LANES } without;
} defect;

#define TWO_40 (INT64_C(1) << 40)
static const defect defects[] = {
    {"ndim -1", SPK_BAD_NDIM, "-1", 0, -1, {0}, {0}, 0, AS_IT_IS},
    {"ndim 65", SPK_BAD_NDIM, "65", 0, 65, {0}, {0}, 0, AS_IT_IS},
    {"ndim least", SPK_BAD_NDIM, "-2147483648", 0, INT32_MIN, {0}, {0}, 0, AS_IT_IS},
    {"ndim greatest", SPK_BAD_NDIM, "2147483647", 0, INT32_MAX, {0}, {0}, 0, AS_IT_IS},
    {"shape NULL", SPK_NULL_ARGUMENT, "shape", 0, 0, {0}, {0}, 0, NO_SHAPE_POINTER},
    {"extent -3", SPK_BAD_SHAPE, "-3", 0, 2, {4, -3}, {0}, 0, AS_IT_IS},
    {"first extent -5", SPK_BAD_SHAPE, "-5", 0, 2, {-5, 4}, {0}, 0, AS_IT_IS},
    {"extent least", SPK_BAD_SHAPE, "-9223372036854775808", 0, 1, {INT64_MIN}, {0}, 0, AS_IT_IS},
    {"both extents negative", SPK_BAD_SHAPE, "-2", 0, 2, {-2, -2}, {0}, 0, AS_IT_IS},
    {"product of 2^80", SPK_BAD_SHAPE, "1099511627776", 0, 2, {TWO_40, TWO_40}, {0}, 0, AS_IT_IS},
    {"product of 2^64 - 2", SPK_BAD_SHAPE, "9223372036854775807", 0, 2, {INT64_MAX, 2}, {0}, 0, AS_IT_IS},
    {"2^64 bytes and more", SPK_BAD_SHAPE, "4611686018427387904", 0, 1, {INT64_C(1) << 62}, {0}, 0, AS_IT_IS},
    {"2^63 bytes and more", SPK_BAD_SHAPE, "2305843009213693952", 0, 1, {INT64_C(1) << 61}, {0}, 0, AS_IT_IS},
    {"stride greatest", SPK_BAD_STRIDES, "9223372036854775807", NO_STRIDES, 2, {3, 4}, {INT64_MAX, 1}, 0, AS_IT_IS},
    {"stride least", SPK_BAD_STRIDES, "-9223372036854775808", NO_STRIDES, 2, {3, 4}, {4, INT64_MIN}, 0, AS_IT_IS},
    {"strides add up to 2^63", SPK_BAD_STRIDES, "2305843009213693952", NO_STRIDES, 2, {3, 3},
     {INT64_C(1) << 61, INT64_C(1) << 61}, 0, AS_IT_IS},
    {"stride of 2^63 bytes", SPK_BAD_STRIDES, "2305843009213693951", NO_STRIDES, 2, {2, 4},
     {(INT64_C(1) << 61) - 1, 1}, 0, AS_IT_IS},
    {"stride below address 0", SPK_BAD_STRIDES, "-72057594037927936", NO_STRIDES | NO_DATA, 2, {3, 4},
     {-(INT64_C(1) << 56), 1}, 0, AS_IT_IS},
    {"byte_offset greatest", SPK_BAD_STRIDES, "18446744073709551615", NO_DATA, 0, {0}, {0}, UINT64_MAX, AS_IT_IS},
    {"data NULL", SPK_NULL_ARGUMENT, "data", NO_DATA, 0, {0}, {0}, 0, NO_DATA_POINTER},
    {"bits 0", SPK_BAD_DTYPE, "bits = 0", 0, 0, {0}, {0}, 0, NO_BITS},
    {"lanes 0", SPK_BAD_DTYPE, "lanes = 0", 0, 0, {0}, {0}, 0, NO_LANES},
};

static void row(const place *p, const char *name) { ROW("%s, %s: %s", p->function, p->argument, name); }

static void the_table_starts_from_calls_that_work(void) {
  for (int i = 0; i < LENGTH(places); i++) {
    row(&places[i], "good");
    reset();
    CHECK_OK(places[i].call(places[i].good));
    CHECK_INT(freed, places[i].traits & OWNS ? 1 : 0);
  }
}

static void every_defect_is_refused_in_every_place(void) {
  for (int i = 0; i < LENGTH(places); i++)
    for (int k = 0; k < LENGTH(defects); k++) {
      const place *p = &places[i];
      const defect *d = &defects[k];
      if (p->traits & d->spared) continue;
      row(p, d->name);
      int64_t shape[2], strides[2];
      DLTensor t = *p->good;
      memcpy(shape, d->shape, sizeof shape);
      memcpy(strides, d->strides, sizeof strides);
      if (d->ndim) t.ndim = d->ndim;
      if (d->shape[0]) t.shape = shape;
      if (d->strides[0]) t.strides = strides;
      t.byte_offset = d->byte_offset;
      if (d->without == NO_SHAPE_POINTER) t.shape = NULL;
      if (d->without == NO_DATA_POINTER) t.data = NULL;
      if (d->without == NO_BITS) t.dtype.bits = 0;
      if (d->without == NO_LANES) t.dtype.lanes = 0;
      reset();
      check_refused(p->call(&t), d->status, p->argument, d->value);
    }
}

static void types_that_are_not_computed_on_are_refused_where_numbers_matter(void) {
  static const struct {
    DLDataType type;
    const char *value;
  } rows[] = {
      {{200, 64, 1}, "200"}, {{255, 64, 1}, "255"}, {{18, 8, 1}, "18"},   {{kDLFloat, 64, 2}, "2"},
      {{kDLComplex, 64, 4}, "4"}, {{kDLFloat, 32, 65535}, "65535"}, {{kDLFloat4_e2m1fn, 4, 1}, "4"},
      {{kDLFloat6_e2m3fn, 6, 1}, "6"}, {{kDLFloat8_e4m3fn, 8, 1}, "8"}, {{kDLInt, 4, 1}, "4"}, {{kDLBool, 1, 1}, "1"},
      {{kDLInt, 24, 1}, "24"}, {{kDLFloat, 128, 1}, "128"}, {{kDLComplex, 32, 1}, "32"}, {{kDLBfloat, 32, 1}, "32"},
      {{kDLOpaqueHandle, 64, 1}, "64"}, {{kDLFloat, 8, 1}, "8"},
  };
  for (int i = 0; i < LENGTH(places); i++)
    for (int k = 0; k < LENGTH(rows); k++) {
      const place *p = &places[i];
      DLTensor t = *p->good;
      t.dtype = rows[k].type;
      ROW("%s, %s: code %d bits %d lanes %d", p->function, p->argument, t.dtype.code, t.dtype.bits, t.dtype.lanes);
      reset();
      if (p->traits & ANY_TYPE) CHECK_OK(p->call(&t));
      else if (!(p->traits & ANY_ELEMENT)) check_refused(p->call(&t), SPK_BAD_DTYPE, p->argument, rows[k].value);
    }
}

static void devices_that_cannot_be_computed_on_are_refused_with_advice(void) {
  static const struct {
    int device;
    const char *value;
  } rows[] = {{2, "cuda"},     {4, "opencl"},  {7, "vulkan"},  {8, "metal"},    {9, "vpi"},
              {10, "rocm"},    {12, "ext_dev"}, {14, "oneapi"}, {15, "webgpu"}, {16, "hexagon"},
              {17, "maia"},    {18, "trainium"}, {99, "99"},    {0, "0"},       {-1, "-1"}};
  for (int i = 0; i < LENGTH(places); i++)
    for (int k = 0; k < LENGTH(rows); k++) {
      const place *p = &places[i];
      DLTensor t = *p->good;
      t.device.device_type = (DLDeviceType)rows[k].device;
      ROW("%s, %s: device %d", p->function, p->argument, rows[k].device);
      reset();
      if (p->traits & ANY_TYPE) {
        CHECK_OK(p->call(&t));
        continue;
      }
      int32_t count = 0;
      CHECK_OK(spk_device_count(rows[k].device, &count));
      if (count > 0) continue; /* a GPU that can be used: its own tests see to it */
      check_refused(p->call(&t), rows[k].device == 2 ? SPK_BACKEND_UNAVAILABLE : SPK_UNSUPPORTED, p->argument,
                    rows[k].value);
      CHECK_MESSAGE(p->traits & MAKES ? "made on cpu:0" : "copy it to the host");
    }
}

static void host_readable_devices_are_accepted_in_every_place(void) {
  const int devices[] = {kDLCUDAHost, kDLROCMHost, kDLCUDAManaged};
  for (int i = 0; i < LENGTH(places); i++)
    for (int k = 0; k < LENGTH(devices); k++) {
      if (places[i].traits & MAKES) continue;
      DLTensor t = *places[i].good;
      t.device.device_type = (DLDeviceType)devices[k];
      ROW("%s, %s: device %d", places[i].function, places[i].argument, devices[k]);
      reset();
      CHECK_OK(places[i].call(&t));
    }
}

int main(void) {
  RUN(the_table_starts_from_calls_that_work);
  RUN(every_defect_is_refused_in_every_place);
  RUN(types_that_are_not_computed_on_are_refused_where_numbers_matter);
  RUN(devices_that_cannot_be_computed_on_are_refused_with_advice);
  RUN(host_readable_devices_are_accepted_in_every_place);
  spk_fft_plan_destroy(good_plan());
  return check_end();
}
