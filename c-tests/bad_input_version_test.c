/* Other versions: tensors of another DLPack, structs of another size. Reading too far ends the program. */
#include "bad_input.h"

static const uint32_t majors[] = {0, 2, 3, UINT32_MAX};

/* The part of a managed tensor that all versions share, with nothing readable behind it. */
static managed *of_version(uint32_t major, void (*deleter)(managed *)) {
  enum { SHARED = offsetof(managed, dl_tensor) };
  managed head = {.version = {major, 7}, .manager_ctx = &freed, .deleter = deleter};
  void *m = at_end_of_memory(SHARED);
  memcpy(m, &head, SHARED);
  return m;
}

static void count_delete(managed *self) { count_free(self->manager_ctx); }

static void tensors_of_another_major_version_are_refused_and_stay_the_callers(void) {
  for (int i = 0; i < LENGTH(majors); i++) {
    char value[32];
    snprintf(value, sizeof value, "%u.7", (unsigned)majors[i]);
    ROW("version %s", value);
    managed *m = of_version(majors[i], count_delete), *out;
    DLManagedTensor *legacy = stale();
    reset();
    out = stale();
    check_refused(spk_tensor_take(m, &out), SPK_ABI_MISMATCH, "foreign", value);
    CHECK_PTR(out, NULL);
    check_refused(spk_tensor_to_legacy(m, &legacy), SPK_ABI_MISMATCH, "tensor", value);
    CHECK_PTR(legacy, NULL);
    check_refused(spk_tensor_retain(m), SPK_ABI_MISMATCH, "tensor", value);
    check_refused(spk_tensor_check_managed(m, 0), SPK_ABI_MISMATCH, "tensor", value);
    check_refused(spk_tensor_check_managed(m, 1), SPK_ABI_MISMATCH, "tensor", value);
    out = stale();
    check_refused(spk_tensor_view(m, 1, DIMS(1), NULL, 0, &out), SPK_ABI_MISMATCH, "parent", value);
    CHECK_PTR(out, NULL);
    spk_tensor_release(m); /* the deleter may always be called */
    CHECK_INT(freed, 1);
    spk_tensor_release(of_version(majors[i], NULL));
  }
}

static void foreign_tensors_are_neither_retained_nor_viewed(void) {
  reset();
  managed *theirs = foreign(good_in, 0, &freed), *out = stale();
  check_refused(spk_tensor_retain(theirs), SPK_INVALID_ARGUMENT, "tensor", "spk_tensor_take");
  check_refused(spk_tensor_view(theirs, 1, DIMS(1), NULL, 0, &out), SPK_INVALID_ARGUMENT, "parent", "spk_tensor_take");
  CHECK_PTR(out, NULL);
  theirs->deleter(theirs);
  CHECK_INT(freed, 1);
}

static void unknown_flag_bits_are_refused(void) {
  const uint64_t flags[] = {8, 9, UINT64_C(1) << 32, UINT64_MAX};
  for (int i = 0; i < LENGTH(flags); i++) {
    char value[32];
    snprintf(value, sizeof value, "0x%llx", (unsigned long long)flags[i]);
    ROW("flags %s", value);
    reset();
    managed *out = stale();
    DLManagedTensor *legacy = foreign_legacy(good_in, &freed);
    check_refused(made(spk_tensor_wrap(&good_in, count_free, &freed, flags[i], &out), &out), SPK_INVALID_ARGUMENT,
                  "flags", value);
    out = stale();
    check_refused(made(spk_tensor_take_legacy(legacy, flags[i], &out), &out), SPK_INVALID_ARGUMENT, "flags", value);
    legacy->deleter(legacy);
    CHECK_INT(freed, 1);
  }
}

static void read_only_tensors_do_not_become_legacy(void) {
  reset();
  managed *theirs = foreign(good_in, SPK_TENSOR_READ_ONLY | SPK_TENSOR_COPIED, &freed), *ours = NULL;
  DLManagedTensor *legacy = stale();
  check_refused(made_legacy(spk_tensor_to_legacy(theirs, &legacy), &legacy), SPK_READ_ONLY, "tensor", "read-only");
  if (!CHECK_OK(spk_tensor_take(theirs, &ours))) return;
  legacy = stale();
  check_refused(made_legacy(spk_tensor_to_legacy(ours, &legacy), &legacy), SPK_READ_ONLY, "tensor", "read-only");
  spk_tensor_release(ours);
  CHECK_INT(freed, 1);
}

static void bad_view_arguments_are_refused(void) {
  static const struct {
    int32_t ndim;
    int64_t shape[2];
    int32_t status;
    const char *argument, *value;
  } rows[] = {
      {-1, {1}, SPK_BAD_NDIM, "ndim", "-1"},
      {65, {1}, SPK_BAD_NDIM, "ndim", "65"},
      {2, {3, -4}, SPK_BAD_SHAPE, "shape", "-4"},
      {2, {INT64_C(1) << 40, INT64_C(1) << 40}, SPK_BAD_SHAPE, "shape", "1099511627776"},
  };
  reset();
  managed *m = NULL, *out;
  CHECK_OK(spk_tensor_wrap(&good_in, count_free, &freed, 0, &m));
  for (int i = 0; i < LENGTH(rows); i++) {
    ROW("row %d", i);
    out = stale();
    check_refused(spk_tensor_view(m, rows[i].ndim, rows[i].shape, NULL, 0, &out), rows[i].status, rows[i].argument,
                  rows[i].value);
    CHECK_PTR(out, NULL);
  }
  spk_tensor_release(m);
  CHECK_INT(freed, 1);
}

/* A struct that says it has `says` bytes, of which `bytes` can be read; it starts as `good`, then come zeros. */
static void *struct_of(uint32_t says, size_t bytes, const void *good, size_t known) {
  char *s = at_end_of_memory(bytes);
  memcpy(s, good, known < bytes ? known : bytes);
  memcpy(s, &says, sizeof says);
  return s;
}

static int32_t with_desc(const void *s) { return spk_fft(&good_in, s, NULL, &good_out); }
static int32_t with_eigh(const void *s) { return spk_eigh(&good_a, s, NULL, &good_w, NULL, NULL); }
static int32_t with_exec(const void *s) { return spk_tensor_copy_into(&good_in, s, &good_out); }

static void struct_sizes_are_believed_only_as_far_as_they_go(void) {
  static const spk_eigh_desc eigh = {.struct_size = sizeof eigh};
  static const spk_exec exec = {.struct_size = sizeof exec};
  const struct {
    const char *name;
    int32_t (*call)(const void *s);
    const void *good;
    size_t known;
  } structs[] = {{"desc", with_desc, &good_desc, sizeof good_desc},
                 {"desc", with_eigh, &eigh, sizeof eigh},
                 {"exec", with_exec, &exec, sizeof exec}};
  for (int i = 0; i < LENGTH(structs); i++) {
    const size_t known = structs[i].known;
    for (uint32_t size = 4; size < known; size++) {
      ROW("struct %d of %u bytes", i, (unsigned)size);
      char value[32];
      snprintf(value, sizeof value, "struct_size = %u", (unsigned)size);
      reset();
      int32_t status = structs[i].call(struct_of(size, size, structs[i].good, known));
      check_refused(status, SPK_ABI_MISMATCH, structs[i].name, value);
    }
    for (uint32_t size = (uint32_t)known; size < known + 40; size += 4) {
      ROW("struct %d of %u bytes", i, (unsigned)size);
      char *s = struct_of(size, size, structs[i].good, known), value[32];
      reset();
      CHECK_OK(structs[i].call(s));
      if (size == known) continue;
      reset();
      s[size - 1] = 1;
      snprintf(value, sizeof value, "byte %u of %u", (unsigned)size - 1, (unsigned)size);
      check_refused(structs[i].call(s), SPK_ABI_MISMATCH, structs[i].name, value);
    }
    ROW("struct %d of 4 GiB", i);
    reset();
    void *s = struct_of(UINT32_MAX, known, structs[i].good, known);
    check_refused(structs[i].call(s), SPK_ABI_MISMATCH, structs[i].name, "4294967295");
  }
}

/* The legacy form has no flags, and a consumer would read padded elements as packed ones. */
static void padded_elements_below_a_byte_have_no_legacy_form(void) {
  char data[4];
  DLTensor t = host(data, DTYPE(kDLInt, 4, 1), 1, DIMS(4), NULL);
  managed *m = NULL;
  DLManagedTensor *legacy = NULL;
  if (!CHECK_OK(spk_tensor_wrap(&t, NULL, NULL, SPK_TENSOR_SUBBYTE_PADDED, &m))) return;
  check_refused(made_legacy(spk_tensor_to_legacy(m, &legacy), &legacy), SPK_UNSUPPORTED, "tensor", "padded");
  spk_tensor_release(m);
}

/* Both results in one place would lose the first. */
static void results_in_one_place_are_refused(void) {
  managed *both = stale();
  check_refused(spk_eigh_new(&good_a, NULL, NULL, &both, &both), SPK_INVALID_ARGUMENT, "v", "w");
  CHECK_PTR(both, NULL);
}

int main(void) {
  RUN(tensors_of_another_major_version_are_refused_and_stay_the_callers);
  RUN(foreign_tensors_are_neither_retained_nor_viewed);
  RUN(unknown_flag_bits_are_refused);
  RUN(read_only_tensors_do_not_become_legacy);
  RUN(bad_view_arguments_are_refused);
  RUN(struct_sizes_are_believed_only_as_far_as_they_go);
  RUN(padded_elements_below_a_byte_have_no_legacy_form);
  RUN(results_in_one_place_are_refused);
  return check_end();
}
