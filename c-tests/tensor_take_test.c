/* Taking foreign tensors, the legacy form both ways, and shares: whose deleter runs, and when. */
#include "tensors.h"

static double numbers[6];

static managed *take(managed *from) {
  managed *m = NULL;
  CHECK_OK(spk_tensor_take(from, &m));
  return m;
}

static void take_owns_a_foreign_tensor_and_deletes_it_once(void) {
  counter freed = 0;
  managed *from = foreign(host(numbers, F64, 2, DIMS(2, 3), DIMS(1, 2)), 0, &freed), *m = take(from);
  if (!m) return;
  CHECK_PTR(m->dl_tensor.data, numbers);
  CHECK(same_dtype(m->dl_tensor.dtype, F64));
  check_layout(&m->dl_tensor, 2, DIMS(2, 3), DIMS(1, 2));
  CHECK_OK(spk_tensor_retain(m));
  spk_tensor_release(m);
  CHECK_INT(freed, 0);
  spk_tensor_release(m);
  CHECK_INT(freed, 1);
}

static void take_folds_byte_offset_and_makes_strides_explicit(void) {
  counter freed = 0;
  DLTensor t = host(numbers, F64, 2, DIMS(2, 2), NULL);
  t.byte_offset = 16;
  managed *m = take(foreign(t, 0, &freed));
  if (!m) return;
  CHECK_PTR(m->dl_tensor.data, numbers + 2);
  CHECK_INT(m->dl_tensor.byte_offset, 0);
  check_layout(&m->dl_tensor, 2, DIMS(2, 2), DIMS(2, 1));
  m->deleter(m);
  CHECK_INT(freed, 1);
}

static void take_of_our_own_tensor_gives_it_back_as_it_is(void) {
  counter freed = 0;
  DLTensor t = host(numbers, F64, 1, DIMS(6), NULL);
  managed *ours = NULL;
  CHECK_OK(spk_tensor_wrap(&t, count_free, &freed, 0, &ours));
  managed *m = take(ours);
  CHECK_PTR(m, ours);
  spk_tensor_release(m);
  CHECK_INT(freed, 1);
}

static void take_keeps_flags_and_accepts_any_minor_version(void) {
  const uint32_t minors[] = {0, 1, 3, 4, 999, UINT32_MAX};
  for (int i = 0; i < LENGTH(minors); i++)
    for (uint64_t flags = 0; flags < 8; flags++) {
      ROW("version 1.%u, flags %d", (unsigned)minors[i], (int)flags);
      counter freed = 0;
      managed *from = foreign(host(numbers, F64, 1, DIMS(6), NULL), flags, &freed);
      from->version.minor = minors[i];
      managed *m = take(from);
      if (!m) continue;
      CHECK_INT(m->flags, flags);
      CHECK_INT(m->version.major, 1);
      spk_tensor_release(m);
      CHECK_INT(freed, 1);
    }
}

static void null_deleters_are_legal_everywhere(void) {
  managed versioned = {.version = {1, 0}, .dl_tensor = host(numbers, F64, 1, DIMS(6), NULL)};
  DLManagedTensor legacy = {.dl_tensor = versioned.dl_tensor}, *out = NULL;
  managed *m = take(&versioned);
  if (m) {
    CHECK(m->deleter != NULL);
    spk_tensor_release(m);
  }
  if (CHECK_OK(spk_tensor_take_legacy(&legacy, 0, &m))) {
    CHECK(m->deleter != NULL);
    spk_tensor_release(m);
  }
  if (CHECK_OK(spk_tensor_to_legacy(&versioned, &out))) {
    CHECK(out->deleter != NULL);
    out->deleter(out);
  }
  CHECK_PTR(versioned.dl_tensor.data, numbers);
}

static void legacy_is_taken_with_the_flags_of_the_caller(void) {
  for (uint64_t flags = 0; flags < 8; flags++) {
    ROW("flags %d", (int)flags);
    counter freed = 0;
    DLTensor t = host(numbers, F64, 1, DIMS(5), NULL);
    t.byte_offset = 8;
    managed *m = NULL;
    if (!CHECK_OK(spk_tensor_take_legacy(foreign_legacy(t, &freed), flags, &m))) continue;
    CHECK_INT(m->flags, flags);
    CHECK_INT(m->version.major, 1);
    CHECK_PTR(m->dl_tensor.data, numbers + 1);
    check_layout(&m->dl_tensor, 1, DIMS(5), DIMS(1));
    CHECK_INT(freed, 0);
    spk_tensor_release(m);
    CHECK_INT(freed, 1);
  }
}

static void to_legacy_takes_our_tensors_and_foreign_ones(void) {
  for (int ours = 0; ours < 2; ours++) {
    ROW("%s", ours ? "ours" : "foreign");
    counter freed = 0;
    DLTensor t = host(numbers + 4, F64, 2, DIMS(2, 2), DIMS(-2, 1));
    managed *m = foreign(t, SPK_TENSOR_COPIED, &freed);
    DLManagedTensor *legacy = NULL;
    if (ours) m = take(m);
    if (!CHECK_OK(spk_tensor_to_legacy(m, &legacy))) continue;
    CHECK_PTR(legacy->dl_tensor.data, numbers + 4);
    CHECK_INT(legacy->dl_tensor.byte_offset, 0);
    check_layout(&legacy->dl_tensor, 2, DIMS(2, 2), DIMS(-2, 1));
    CHECK(legacy->deleter != NULL);
    CHECK_INT(freed, 0);
    legacy->deleter(legacy);
    CHECK_INT(freed, 1);
  }
}

static void legacy_to_versioned_to_legacy_keeps_all_and_deletes_once(void) {
  counter freed = 0;
  DLManagedTensor *legacy = foreign_legacy(host(numbers, I64, 2, DIMS(3, 2), NULL), &freed);
  for (int round = 0; round < 5; round++) {
    ROW("round %d", round);
    managed *m = NULL;
    if (!CHECK_OK(spk_tensor_take_legacy(legacy, 0, &m)) || !CHECK_OK(spk_tensor_to_legacy(m, &legacy))) return;
    CHECK_PTR(legacy->dl_tensor.data, numbers);
    CHECK(same_dtype(legacy->dl_tensor.dtype, I64));
    check_layout(&legacy->dl_tensor, 2, DIMS(3, 2), DIMS(2, 1));
    CHECK_INT(freed, 0);
  }
  legacy->deleter(legacy);
  CHECK_INT(freed, 1);
}

static void to_legacy_takes_one_share_and_leaves_the_others(void) {
  counter freed = 0;
  managed *m = take(foreign(host(numbers, F64, 1, DIMS(6), NULL), 0, &freed));
  DLManagedTensor *legacy = NULL;
  CHECK_OK(spk_tensor_retain(m));
  if (!CHECK_OK(spk_tensor_to_legacy(m, &legacy))) return;
  spk_tensor_release(m);
  CHECK_INT(freed, 0);
  CHECK_PTR(legacy->dl_tensor.data, numbers);
  CHECK_INT(legacy->dl_tensor.shape[0], 6);
  legacy->deleter(legacy);
  CHECK_INT(freed, 1);
}

static void every_holder_releases_once_and_the_last_one_frees(void) {
  counter freed = 0;
  managed *m = take(foreign(host(numbers, F64, 1, DIMS(6), NULL), 0, &freed));
  for (int i = 0; i < 1000; i++) CHECK_OK(spk_tensor_retain(m));
  for (int i = 0; i < 1000; i++) {
    if (i % 2) spk_tensor_release(m);
    else m->deleter(m);
  }
  CHECK_INT(freed, 0);
  CHECK_PTR(m->dl_tensor.data, numbers);
  spk_tensor_release(m);
  CHECK_INT(freed, 1);
}

int main(void) {
  RUN(take_owns_a_foreign_tensor_and_deletes_it_once);
  RUN(take_folds_byte_offset_and_makes_strides_explicit);
  RUN(take_of_our_own_tensor_gives_it_back_as_it_is);
  RUN(take_keeps_flags_and_accepts_any_minor_version);
  RUN(null_deleters_are_legal_everywhere);
  RUN(legacy_is_taken_with_the_flags_of_the_caller);
  RUN(to_legacy_takes_our_tensors_and_foreign_ones);
  RUN(legacy_to_versioned_to_legacy_keeps_all_and_deletes_once);
  RUN(to_legacy_takes_one_share_and_leaves_the_others);
  RUN(every_holder_releases_once_and_the_last_one_frees);
  return check_end();
}
