/*
 * What DLPack 1.3 lays down: numbers, sizes, offsets, signatures. Compiles with our dlpack.h and with the real one, as
 * C11 and as C++17, so that the two are known to agree. Include a DLPack header first.
 */
#include <stddef.h>

#ifdef __cplusplus
#define FACT(condition) static_assert(condition, #condition)
#else
#define FACT(condition) _Static_assert(condition, #condition)
#endif
#define SIZE_IS(type, size, align) \
  struct align_##type {            \
    char first;                    \
    type second;                   \
  };                               \
  FACT(sizeof(type) == (size));    \
  FACT(offsetof(struct align_##type, second) == (align))
#define AT(type, field, offset, size)      \
  FACT(offsetof(type, field) == (offset)); \
  FACT(sizeof(((type *)0)->field) == (size))

FACT(DLPACK_MAJOR_VERSION == 1);
FACT(DLPACK_MINOR_VERSION == 3);
FACT(DLPACK_FLAG_BITMASK_READ_ONLY == 1);
FACT(DLPACK_FLAG_BITMASK_IS_COPIED == 2);
FACT(DLPACK_FLAG_BITMASK_IS_SUBBYTE_TYPE_PADDED == 4);

FACT(kDLCPU == 1 && kDLCUDA == 2 && kDLCUDAHost == 3 && kDLOpenCL == 4 && kDLVulkan == 7 && kDLMetal == 8);
FACT(kDLVPI == 9 && kDLROCM == 10 && kDLROCMHost == 11 && kDLExtDev == 12 && kDLCUDAManaged == 13);
FACT(kDLOneAPI == 14 && kDLWebGPU == 15 && kDLHexagon == 16 && kDLMAIA == 17 && kDLTrn == 18);

FACT(kDLInt == 0 && kDLUInt == 1 && kDLFloat == 2 && kDLOpaqueHandle == 3 && kDLBfloat == 4 && kDLComplex == 5);
FACT(kDLBool == 6 && kDLFloat8_e3m4 == 7 && kDLFloat8_e4m3 == 8 && kDLFloat8_e4m3b11fnuz == 9);
FACT(kDLFloat8_e4m3fn == 10 && kDLFloat8_e4m3fnuz == 11 && kDLFloat8_e5m2 == 12 && kDLFloat8_e5m2fnuz == 13);
FACT(kDLFloat8_e8m0fnu == 14 && kDLFloat6_e2m3fn == 15 && kDLFloat6_e3m2fn == 16 && kDLFloat4_e2m1fn == 17);

SIZE_IS(DLPackVersion, 8, 4);
AT(DLPackVersion, major, 0, 4);
AT(DLPackVersion, minor, 4, 4);
SIZE_IS(DLDeviceType, 4, 4);
SIZE_IS(DLDevice, 8, 4);
AT(DLDevice, device_type, 0, 4);
AT(DLDevice, device_id, 4, 4);
SIZE_IS(DLDataType, 4, 2);
AT(DLDataType, code, 0, 1);
AT(DLDataType, bits, 1, 1);
AT(DLDataType, lanes, 2, 2);

SIZE_IS(DLTensor, 48, 8);
AT(DLTensor, data, 0, 8);
AT(DLTensor, device, 8, 8);
AT(DLTensor, ndim, 16, 4);
AT(DLTensor, dtype, 20, 4);
AT(DLTensor, shape, 24, 8);
AT(DLTensor, strides, 32, 8);
AT(DLTensor, byte_offset, 40, 8);

SIZE_IS(DLManagedTensor, 64, 8);
AT(DLManagedTensor, dl_tensor, 0, 48);
AT(DLManagedTensor, manager_ctx, 48, 8);
AT(DLManagedTensor, deleter, 56, 8);

SIZE_IS(DLManagedTensorVersioned, 80, 8);
AT(DLManagedTensorVersioned, version, 0, 8);
AT(DLManagedTensorVersioned, manager_ctx, 8, 8);
AT(DLManagedTensorVersioned, deleter, 16, 8);
AT(DLManagedTensorVersioned, flags, 24, 8);
AT(DLManagedTensorVersioned, dl_tensor, 32, 48);

SIZE_IS(DLPackExchangeAPIHeader, 16, 8);
AT(DLPackExchangeAPIHeader, version, 0, 8);
AT(DLPackExchangeAPIHeader, prev_api, 8, 8);
SIZE_IS(DLPackExchangeAPI, 56, 8);
AT(DLPackExchangeAPI, header, 0, 16);
AT(DLPackExchangeAPI, managed_tensor_allocator, 16, 8);
AT(DLPackExchangeAPI, managed_tensor_from_py_object_no_sync, 24, 8);
AT(DLPackExchangeAPI, managed_tensor_to_py_object_no_sync, 32, 8);
AT(DLPackExchangeAPI, dltensor_from_py_object_no_sync, 40, 8);
AT(DLPackExchangeAPI, current_work_stream, 48, 8);

/* Signatures and field types: every assignment here is an exact match, or it does not compile without a warning. */
static inline int facts_allocate(DLTensor *prototype, DLManagedTensorVersioned **out, void *error_ctx,
                                 void (*set_error)(void *, const char *, const char *)) {
  return (void)prototype, (void)out, (void)error_ctx, (void)set_error, 0;
}
static inline int facts_from(void *object, DLManagedTensorVersioned **out) { return (void)object, (void)out, 0; }
static inline int facts_to(DLManagedTensorVersioned *tensor, void **out) { return (void)tensor, (void)out, 0; }
static inline int facts_view(void *object, DLTensor *out) { return (void)object, (void)out, 0; }
static inline int facts_stream(DLDeviceType type, int32_t id, void **out) { return (void)type, (void)id, (void)out, 0; }
static inline void facts_delete(struct DLManagedTensorVersioned *self) { (void)self; }
static inline void facts_delete_legacy(struct DLManagedTensor *self) { (void)self; }

static inline DLPackExchangeAPI facts_table(struct DLPackExchangeAPIHeader *previous) {
  DLPackManagedTensorAllocator allocate = facts_allocate;
  DLPackManagedTensorFromPyObjectNoSync from = facts_from;
  DLPackManagedTensorToPyObjectNoSync to = facts_to;
  DLPackDLTensorFromPyObjectNoSync view = facts_view;
  DLPackCurrentWorkStream stream = facts_stream;
  DLPackExchangeAPIHeader header = {{DLPACK_MAJOR_VERSION, DLPACK_MINOR_VERSION}, previous};
  DLPackExchangeAPI table = {header, allocate, from, to, view, stream};
  return table;
}

static inline uint64_t facts_fields(DLManagedTensorVersioned *versioned, DLManagedTensor *legacy) {
  int64_t **shape = &versioned->dl_tensor.shape, **strides = &legacy->dl_tensor.strides;
  int32_t *ndim = &versioned->dl_tensor.ndim, *id = &legacy->dl_tensor.device.device_id;
  uint64_t *flags = &versioned->flags, *offset = &legacy->dl_tensor.byte_offset;
  uint32_t *major = &versioned->version.major;
  uint8_t *code = &versioned->dl_tensor.dtype.code, *bits = &legacy->dl_tensor.dtype.bits;
  uint16_t *lanes = &versioned->dl_tensor.dtype.lanes;
  void **data = &versioned->dl_tensor.data, **context = &legacy->manager_ctx;
  versioned->deleter = facts_delete;
  legacy->deleter = facts_delete_legacy;
  return (shape && strides && ndim && id && data && context) + *flags + *offset + *major + *code + *bits + *lanes;
}

/* What the two macros are for. */
DLPACK_EXTERN_C DLPACK_DLL int facts_are_exported(void);
