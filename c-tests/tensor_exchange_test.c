/* Every element type and every device passes through exchange untouched, also those that nothing is computed on. */
#include "tensors.h"

static char memory[256];

static const DLDataType types[] = {
    {kDLInt, 8, 1},           {kDLInt, 16, 1},           {kDLInt, 32, 1},           {kDLInt, 64, 1},
    {kDLUInt, 8, 1},          {kDLUInt, 16, 1},          {kDLUInt, 32, 1},          {kDLUInt, 64, 1},
    {kDLFloat, 16, 1},        {kDLFloat, 32, 1},         {kDLFloat, 64, 1},         {kDLFloat, 128, 1},
    {kDLOpaqueHandle, 64, 1}, {kDLBfloat, 16, 1},        {kDLComplex, 32, 1},       {kDLComplex, 64, 1},
    {kDLComplex, 128, 1},     {kDLBool, 8, 1},           {kDLFloat8_e3m4, 8, 1},    {kDLFloat8_e4m3, 8, 1},
    {kDLFloat8_e4m3b11fnuz, 8, 1}, {kDLFloat8_e4m3fn, 8, 1}, {kDLFloat8_e4m3fnuz, 8, 1}, {kDLFloat8_e5m2, 8, 1},
    {kDLFloat8_e5m2fnuz, 8, 1}, {kDLFloat8_e8m0fnu, 8, 1}, {kDLFloat6_e2m3fn, 6, 1}, {kDLFloat6_e3m2fn, 6, 1},
    {kDLFloat4_e2m1fn, 4, 1}, {kDLInt, 4, 1},            {kDLUInt, 1, 1},           {kDLBool, 1, 1},
    {kDLFloat, 32, 4},        {kDLInt, 8, 16},           {kDLFloat4_e2m1fn, 4, 2},  {200, 24, 3},
    {255, 255, 65535},
};
static const int32_t devices[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 99};

static void check_untouched(const DLTensor *t, DLDataType dtype, int32_t device, int32_t id) {
  CHECK_PTR(t->data, memory);
  CHECK_INT(t->byte_offset, 0);
  CHECK_INT(t->device.device_type, device);
  CHECK_INT(t->device.device_id, id);
  CHECK(same_dtype(t->dtype, dtype));
  check_layout(t, 2, DIMS(2, 3), DIMS(3, 1));
}

/* wrap, to legacy, take the legacy form; and take a foreign one. Padded elements have no legacy form. */
static void pass(DLDataType dtype, int32_t device, int32_t id, uint64_t flags) {
  ROW("code %d bits %d lanes %d, device %d:%d", dtype.code, dtype.bits, dtype.lanes, (int)device, (int)id);
  counter wrapped = 0, taken = 0;
  DLTensor t = tensor_on(device, memory, dtype, 2, DIMS(2, 3), DIMS(3, 1));
  t.device.device_id = id;
  managed *m = NULL;
  DLManagedTensor *legacy = NULL;
  CHECK_OK(spk_tensor_check(&t));
  if (CHECK_OK(spk_tensor_wrap(&t, count_free, &wrapped, flags, &m))) {
    check_untouched(&m->dl_tensor, dtype, device, id);
    CHECK_INT(m->flags, flags);
    CHECK_OK(spk_tensor_check_managed(m, 1));
    if (!(flags & SPK_TENSOR_SUBBYTE_PADDED)) {
      if (!CHECK_OK(spk_tensor_to_legacy(m, &legacy))) return;
      check_untouched(&legacy->dl_tensor, dtype, device, id);
      if (!CHECK_OK(spk_tensor_take_legacy(legacy, flags, &m))) return;
      check_untouched(&m->dl_tensor, dtype, device, id);
      CHECK_INT(m->flags, flags);
    }
    CHECK_INT(wrapped, 0);
    spk_tensor_release(m);
    CHECK_INT(wrapped, 1);
  }
  if (CHECK_OK(spk_tensor_take(foreign(t, flags, &taken), &m))) {
    check_untouched(&m->dl_tensor, dtype, device, id);
    CHECK_INT(m->flags, flags);
    spk_tensor_release(m);
    CHECK_INT(taken, 1);
  }
}

static void every_type_passes(void) {
  for (int i = 0; i < LENGTH(types); i++) {
    pass(types[i], kDLCPU, 0, SPK_TENSOR_COPIED);
    if (types[i].bits < 8) pass(types[i], kDLCPU, 0, SPK_TENSOR_SUBBYTE_PADDED);
  }
}

static void every_device_passes(void) {
  for (int i = 0; i < LENGTH(devices); i++) {
    pass(F32, devices[i], 0, 0);
    pass(DTYPE(kDLFloat8_e5m2, 8, 1), devices[i], 3, 0);
  }
}

static void every_type_passes_on_a_device(void) {
  for (int i = 0; i < LENGTH(types); i++) pass(types[i], kDLCUDA, 1, 0);
}

static void byte_offset_stays_beside_an_opaque_handle(void) {
  const int32_t opaque[] = {kDLOpenCL, kDLVulkan, kDLMetal, kDLWebGPU};
  for (int i = 0; i < LENGTH(opaque); i++) {
    ROW("device %d", (int)opaque[i]);
    DLTensor t = tensor_on(opaque[i], memory, F32, 1, DIMS(4), NULL);
    t.byte_offset = 16;
    managed *m = NULL, *view = NULL;
    if (!CHECK_OK(spk_tensor_wrap(&t, NULL, NULL, 0, &m))) continue;
    CHECK_PTR(m->dl_tensor.data, memory);
    CHECK_INT(m->dl_tensor.byte_offset, 16);
    if (CHECK_OK(spk_tensor_view(m, 1, DIMS(2), NULL, 2, &view))) {
      CHECK_PTR(view->dl_tensor.data, memory);
      CHECK_INT(view->dl_tensor.byte_offset, 24);
      spk_tensor_release(view);
    }
    spk_tensor_release(m);
  }
}

static void byte_offset_is_folded_into_addresses(void) {
  const int32_t addressed[] = {kDLCPU, kDLCUDAHost, kDLROCMHost, kDLCUDAManaged, kDLCUDA, kDLROCM};
  for (int i = 0; i < LENGTH(addressed); i++) {
    ROW("device %d", (int)addressed[i]);
    DLTensor t = tensor_on(addressed[i], memory, F32, 1, DIMS(4), NULL);
    t.byte_offset = 16;
    managed *m = NULL;
    if (!CHECK_OK(spk_tensor_wrap(&t, NULL, NULL, 0, &m))) continue;
    CHECK_PTR(m->dl_tensor.data, memory + 16);
    CHECK_INT(m->dl_tensor.byte_offset, 0);
    spk_tensor_release(m);
  }
}

int main(void) {
  RUN(every_type_passes);
  RUN(every_device_passes);
  RUN(every_type_passes_on_a_device);
  RUN(byte_offset_stays_beside_an_opaque_handle);
  RUN(byte_offset_is_folded_into_addresses);
  return check_end();
}
