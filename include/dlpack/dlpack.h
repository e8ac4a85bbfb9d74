/*
 * The C interface of DLPack 1.3, declared anew for hosts that bring no DLPack header of their own.
 *
 * Names, numbers and layouts are DLPack's, and so is the include guard: whichever DLPack header comes first in a
 * translation unit is the one that counts. Comments here are short; the standard is the authority.
 */
#ifndef DLPACK_DLPACK_H_
#define DLPACK_DLPACK_H_

#include <stddef.h>
#include <stdint.h>

#define DLPACK_MAJOR_VERSION 1
#define DLPACK_MINOR_VERSION 3

#ifdef __cplusplus
#define DLPACK_EXTERN_C extern "C"
#else
#define DLPACK_EXTERN_C
#endif

#if !defined(_WIN32)
#define DLPACK_DLL
#elif defined(DLPACK_EXPORTS)
#define DLPACK_DLL __declspec(dllexport)
#else
#define DLPACK_DLL __declspec(dllimport)
#endif

/* Bits of DLManagedTensorVersioned.flags. */
#define DLPACK_FLAG_BITMASK_READ_ONLY (1UL << 0UL)              /* must not be written to */
#define DLPACK_FLAG_BITMASK_IS_COPIED (1UL << 1UL)              /* made by copying, nobody else sees writes */
#define DLPACK_FLAG_BITMASK_IS_SUBBYTE_TYPE_PADDED (1UL << 2UL) /* each element below 8 bits fills a byte */

#ifdef __cplusplus
extern "C" {
#endif

/* Another major version means another layout: then only the deleter may be used. */
typedef struct {
  uint32_t major;
  uint32_t minor;
} DLPackVersion;

/* Where memory lives. The numbers 5 and 6 are not in use. */
#ifdef __cplusplus
typedef enum : int32_t {
#else
typedef enum {
#endif
  kDLCPU = 1,
  kDLCUDA = 2,
  kDLCUDAHost = 3, /* host memory pinned by CUDA */
  kDLOpenCL = 4,
  kDLVulkan = 7,
  kDLMetal = 8,
  kDLVPI = 9, /* Verilog simulator */
  kDLROCM = 10,
  kDLROCMHost = 11, /* host memory pinned by ROCm */
  kDLExtDev = 12,   /* reserved for extensions */
  kDLCUDAManaged = 13,
  kDLOneAPI = 14,
  kDLWebGPU = 15,
  kDLHexagon = 16,
  kDLMAIA = 17,
  kDLTrn = 18 /* Trainium */
} DLDeviceType;

typedef struct {
  DLDeviceType device_type;
  int32_t device_id; /* 0 for host and managed memory */
} DLDevice;

/* What the bits of an element mean. */
typedef enum {
  kDLInt = 0U,
  kDLUInt = 1U,
  kDLFloat = 2U,
  kDLOpaqueHandle = 3U,
  kDLBfloat = 4U,
  kDLComplex = 5U, /* `bits` counts both parts */
  kDLBool = 6U,
  kDLFloat8_e3m4 = 7U,
  kDLFloat8_e4m3 = 8U,
  kDLFloat8_e4m3b11fnuz = 9U,
  kDLFloat8_e4m3fn = 10U,
  kDLFloat8_e4m3fnuz = 11U,
  kDLFloat8_e5m2 = 12U,
  kDLFloat8_e5m2fnuz = 13U,
  kDLFloat8_e8m0fnu = 14U,
  kDLFloat6_e2m3fn = 15U,
  kDLFloat6_e3m2fn = 16U,
  kDLFloat4_e2m1fn = 17U
} DLDataTypeCode;

typedef struct {
  uint8_t code;   /* a DLDataTypeCode */
  uint8_t bits;   /* of one lane */
  uint16_t lanes; /* 1 unless the element is a short vector */
} DLDataType;

/* A view of memory; it owns nothing. Element 0 is at data + byte_offset. */
typedef struct {
  void *data; /* a host address, a device address or a handle, as the device has it; NULL when empty */
  DLDevice device;
  int32_t ndim;
  DLDataType dtype;
  int64_t *shape;   /* ndim extents; may be NULL when ndim is 0 */
  int64_t *strides; /* ndim steps, counted in elements; before DLPack 1.2 NULL could stand for row-major */
  uint64_t byte_offset;
} DLTensor;

/* A tensor with an owner, as DLPack before 1.0 has it. */
typedef struct DLManagedTensor {
  DLTensor dl_tensor;
  void *manager_ctx;                             /* the producer's own */
  void (*deleter)(struct DLManagedTensor *self); /* frees everything, `self` too; may be NULL */
} DLManagedTensor;

/* A tensor with an owner, a version and flags. */
typedef struct DLManagedTensorVersioned {
  DLPackVersion version;
  void *manager_ctx;                                      /* the producer's own */
  void (*deleter)(struct DLManagedTensorVersioned *self); /* frees everything, `self` too; may be NULL */
  uint64_t flags;                                         /* all up to here is the same in every version */
  DLTensor dl_tensor;
} DLManagedTensorVersioned;

/*
 * The exchange table: a Python type offers it as a capsule named "dlpack_exchange_api" in its attribute
 * __dlpack_c_exchange_api__. Its functions return 0, or -1 with an error set, and wait for no stream.
 */

/* Makes a tensor of the prototype's type, shape and device. A failure is told by calling SetError. */
typedef int (*DLPackManagedTensorAllocator)(DLTensor *prototype, DLManagedTensorVersioned **out, void *error_ctx,
                                            void (*SetError)(void *error_ctx, const char *kind, const char *message));

/* Exports a Python object as a tensor that the caller owns. */
typedef int (*DLPackManagedTensorFromPyObjectNoSync)(void *py_object, DLManagedTensorVersioned **out);

/* Fills in a description of a Python object's memory, good until control returns to the producer. */
typedef int (*DLPackDLTensorFromPyObjectNoSync)(void *py_object, DLTensor *out);

/* Says on which stream the producer works now. */
typedef int (*DLPackCurrentWorkStream)(DLDeviceType device_type, int32_t device_id, void **out_current_stream);

/* Turns a tensor, which is taken over, into a Python object of the producer's type. */
typedef int (*DLPackManagedTensorToPyObjectNoSync)(DLManagedTensorVersioned *tensor, void **out_py_object);

/* The part of the table that is the same in every version. */
typedef struct DLPackExchangeAPIHeader {
  DLPackVersion version;
  struct DLPackExchangeAPIHeader *prev_api; /* a table of an older version, or NULL */
} DLPackExchangeAPIHeader;

/* It lives as long as the process. dltensor_from_py_object_no_sync may be NULL, the others not. */
typedef struct DLPackExchangeAPI {
  DLPackExchangeAPIHeader header;
  DLPackManagedTensorAllocator managed_tensor_allocator;
  DLPackManagedTensorFromPyObjectNoSync managed_tensor_from_py_object_no_sync;
  DLPackManagedTensorToPyObjectNoSync managed_tensor_to_py_object_no_sync;
  DLPackDLTensorFromPyObjectNoSync dltensor_from_py_object_no_sync;
  DLPackCurrentWorkStream current_work_stream;
} DLPackExchangeAPI;

#ifdef __cplusplus
}
#endif

#endif /* DLPACK_DLPACK_H_ */
