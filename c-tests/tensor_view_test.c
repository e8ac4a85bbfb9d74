/* Views: what they show, what they keep alive, and where they end. */
#include "tensors.h"

/* 24 numbers that say their own index, owned by a tensor that counts its deletion. */
typedef struct {
  double data[24];
  counter freed;
} source;

static managed *make(source *s, int32_t ndim, int64_t *shape, int64_t *strides, int first, uint64_t flags) {
  managed *m = NULL;
  for (int i = 0; i < 24; i++) s->data[i] = i;
  atomic_store(&s->freed, 0);
  DLTensor t = host(s->data + first, F64, ndim, shape, strides);
  CHECK_OK(spk_tensor_wrap(&t, count_free, &s->freed, flags, &m));
  return m;
}

static double at(const managed *m, int64_t i, int64_t j) {
  return ((double *)m->dl_tensor.data)[i * m->dl_tensor.strides[0] + j * m->dl_tensor.strides[1]];
}

static void view_shows_a_part_of_the_same_memory(void) {
  source s;
  managed *m = make(&s, 2, DIMS(4, 6), NULL, 0, SPK_TENSOR_READ_ONLY), *v = NULL;
  if (!CHECK_OK(spk_tensor_view(m, 2, DIMS(2, 3), DIMS(6, 2), 7, &v))) return;
  CHECK_PTR(v->dl_tensor.data, s.data + 7);
  CHECK_INT(v->dl_tensor.byte_offset, 0);
  CHECK_INT(v->flags, SPK_TENSOR_READ_ONLY);
  CHECK(same_dtype(v->dl_tensor.dtype, F64));
  check_layout(&v->dl_tensor, 2, DIMS(2, 3), DIMS(6, 2));
  CHECK_INT(at(v, 1, 2), 17);
  spk_tensor_release(v);
  CHECK_INT(s.freed, 0);
  spk_tensor_release(m);
  CHECK_INT(s.freed, 1);
}

static void null_strides_make_a_compact_view(void) {
  source s;
  managed *m = make(&s, 1, DIMS(24), NULL, 0, 0), *v = NULL;
  if (!CHECK_OK(spk_tensor_view(m, 3, DIMS(2, 3, 4), NULL, 0, &v))) return;
  check_layout(&v->dl_tensor, 3, DIMS(2, 3, 4), DIMS(12, 4, 1));
  spk_tensor_release(v);
  spk_tensor_release(m);
}

static void views_may_reverse_repeat_and_transpose(void) {
  source s;
  managed *m = make(&s, 2, DIMS(4, 6), NULL, 0, 0), *v = NULL;
  if (CHECK_OK(spk_tensor_view(m, 2, DIMS(4, 6), DIMS(-6, -1), 23, &v))) {
    CHECK_INT(at(v, 0, 0), 23);
    CHECK_INT(at(v, 3, 5), 0);
    spk_tensor_release(v);
  }
  if (CHECK_OK(spk_tensor_view(m, 2, DIMS(1000, 6), DIMS(0, 1), 6, &v))) {
    CHECK_INT(at(v, 999, 5), 11);
    spk_tensor_release(v);
  }
  if (CHECK_OK(spk_tensor_view(m, 2, DIMS(6, 4), DIMS(1, 6), 0, &v))) {
    CHECK_INT(at(v, 5, 1), 11);
    spk_tensor_release(v);
  }
  spk_tensor_release(m);
  CHECK_INT(s.freed, 1);
}

static void view_keeps_the_memory_after_its_parent_is_released(void) {
  source s;
  managed *m = make(&s, 1, DIMS(24), NULL, 0, 0), *v = NULL;
  if (!CHECK_OK(spk_tensor_view(m, 1, DIMS(3), NULL, 21, &v))) return;
  spk_tensor_release(m);
  CHECK_INT(s.freed, 0);
  CHECK_INT(((double *)v->dl_tensor.data)[2], 23);
  v->deleter(v);
  CHECK_INT(s.freed, 1);
}

static void chain_of_views_frees_with_its_last_link(void) {
  source s;
  managed *link = make(&s, 1, DIMS(24), NULL, 0, 0);
  for (int64_t left = 23; left > 0; left--) {
    ROW("left %d", (int)left);
    managed *next = NULL;
    if (!CHECK_OK(spk_tensor_view(link, 1, DIMS(left), NULL, 1, &next))) return;
    spk_tensor_release(link);
    CHECK_INT(s.freed, 0);
    CHECK_INT(*(double *)next->dl_tensor.data, 24 - left);
    link = next;
  }
  spk_tensor_release(link);
  CHECK_INT(s.freed, 1);
}

static void views_are_retained_and_handed_on_like_any_tensor(void) {
  source s;
  managed *m = make(&s, 1, DIMS(24), NULL, 0, 0), *v = NULL, *same = NULL;
  DLManagedTensor *legacy = NULL;
  if (!CHECK_OK(spk_tensor_view(m, 1, DIMS(8), DIMS(3), 2, &v))) return;
  spk_tensor_release(m);
  CHECK_OK(spk_tensor_retain(v));
  CHECK_OK(spk_tensor_take(v, &same));
  CHECK_PTR(same, v);
  if (!CHECK_OK(spk_tensor_to_legacy(v, &legacy))) return;
  CHECK_PTR(legacy->dl_tensor.data, s.data + 2);
  legacy->deleter(legacy);
  CHECK_INT(s.freed, 0);
  spk_tensor_release(v);
  CHECK_INT(s.freed, 1);
}

static void view_counts_from_the_first_element_of_a_reversed_parent(void) {
  source s;
  managed *m = make(&s, 1, DIMS(10), DIMS(-2), 20, 0), *v = NULL; /* 20, 18 .. 2 */
  if (CHECK_OK(spk_tensor_view(m, 1, DIMS(19), DIMS(1), -18, &v))) {
    CHECK_PTR(v->dl_tensor.data, s.data + 2);
    spk_tensor_release(v);
  }
  spk_tensor_release(m);
}

static void empty_and_scalar_views(void) {
  source s;
  managed *m = make(&s, 1, DIMS(24), NULL, 0, 0), *v = NULL;
  if (CHECK_OK(spk_tensor_view(m, 0, NULL, NULL, 23, &v))) {
    CHECK_INT(*(double *)v->dl_tensor.data, 23);
    spk_tensor_release(v);
  }
  if (CHECK_OK(spk_tensor_view(m, 2, DIMS(3, 0), DIMS(100, 100), 0, &v))) {
    CHECK_INT(v->dl_tensor.shape[1], 0);
    spk_tensor_release(v);
  }
  spk_tensor_release(m);
  CHECK_INT(s.freed, 1);
}

/* The parent shows elements 4 to 19 of 24. */
static void views_beyond_the_parent_are_refused(void) {
  static const struct {
    int64_t extent, stride, offset;
    const char *value;
  } rows[] = {
      {17, 1, 0, "17"}, {1, 1, 16, "16"},   {1, 1, -1, "-1"},
      {2, -1, 0, "-1"}, {9, 2, 0, "9"},     {2, INT64_MAX, 0, "9223372036854775807"},
      {1, 1, INT64_MAX, "9223372036854775807"}, {1, 1, INT64_MIN, "-9223372036854775808"},
      {2, INT64_MIN, 0, "-9223372036854775808"},
      {INT64_MAX, 1, 0, "9223372036854775807"}, {2, 1, INT64_MAX - 1, "9223372036854775806"},
  };
  source s;
  managed *m = make(&s, 1, DIMS(16), NULL, 4, 0);
  for (int i = 0; i < LENGTH(rows); i++) {
    ROW("extent %lld stride %lld offset %lld", (long long)rows[i].extent, (long long)rows[i].stride,
        (long long)rows[i].offset);
    managed *v = m;
    int32_t status = spk_tensor_view(m, 1, DIMS(rows[i].extent), DIMS(rows[i].stride), rows[i].offset, &v);
    CHECK(status == SPK_BAD_SHAPE || status == SPK_BAD_STRIDES);
    CHECK_MESSAGE(rows[i].value);
    CHECK_PTR(v, NULL);
  }
  spk_tensor_release(m);
  CHECK_INT(s.freed, 1);
}

static void views_of_elements_below_a_byte_are_refused(void) {
  char data[8];
  DLTensor t = host(data, DTYPE(kDLFloat4_e2m1fn, 4, 1), 1, DIMS(16), NULL);
  managed *m = NULL, *v = NULL;
  if (!CHECK_OK(spk_tensor_wrap(&t, NULL, NULL, 0, &m))) return;
  v = m;
  CHECK_STATUS(spk_tensor_view(m, 1, DIMS(8), NULL, 0, &v), SPK_BAD_DTYPE);
  CHECK_MESSAGE("4");
  CHECK_PTR(v, NULL);
  spk_tensor_release(m);
}

/* Each view used to own its parent, and the last release recursed once a link: 300 000 links overran the stack. */
static void a_long_chain_of_views_is_released_without_recursion(void) {
  double data[4];
  counter freed = 0;
  DLTensor t = host(data, F64, 1, DIMS(4), NULL);
  managed *link = NULL;
  if (!CHECK_OK(spk_tensor_wrap(&t, count_free, &freed, 0, &link))) return;
  for (int i = 0; i < 300000; i++) {
    managed *next = NULL;
    if (spk_tensor_view(link, 1, DIMS(4), NULL, 0, &next) != SPK_OK) break;
    spk_tensor_release(link);
    link = next;
  }
  CHECK_INT(freed, 0);
  spk_tensor_release(link);
  CHECK_INT(freed, 1);
}

/* A view that repeats one element 2^62 times used to be made, and then no function took it. */
static void views_that_no_function_would_take_are_not_made(void) {
  double data[1];
  DLTensor t = host(data, F64, 1, DIMS(1), NULL);
  managed *m = NULL, *v = NULL;
  if (!CHECK_OK(spk_tensor_wrap(&t, NULL, NULL, 0, &m))) return;
  CHECK_STATUS(spk_tensor_view(m, 1, DIMS((int64_t)1 << 62), DIMS(0), 0, &v), SPK_BAD_SHAPE);
  CHECK_PTR(v, NULL);
  spk_tensor_release(m);
}

int main(void) {
  RUN(view_shows_a_part_of_the_same_memory);
  RUN(null_strides_make_a_compact_view);
  RUN(views_may_reverse_repeat_and_transpose);
  RUN(view_keeps_the_memory_after_its_parent_is_released);
  RUN(chain_of_views_frees_with_its_last_link);
  RUN(views_are_retained_and_handed_on_like_any_tensor);
  RUN(view_counts_from_the_first_element_of_a_reversed_parent);
  RUN(empty_and_scalar_views);
  RUN(views_beyond_the_parent_are_refused);
  RUN(views_of_elements_below_a_byte_are_refused);
  RUN(a_long_chain_of_views_is_released_without_recursion);
  RUN(views_that_no_function_would_take_are_not_made);
  return check_end();
}
