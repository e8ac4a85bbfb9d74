/* What every consumer project builds: it calls into each room of the library and fails when an answer is wrong. */
#include <spectrapack/spectrapack.h>

#include <math.h>
#include <stdio.h>

static DLTensor describe(void *data, int64_t *shape, int32_t ndim) {
  DLTensor t = {0};
  t.data = data;
  t.device.device_type = kDLCPU;
  t.ndim = ndim;
  t.dtype.code = kDLFloat;
  t.dtype.bits = 64;
  t.dtype.lanes = 1;
  t.shape = shape;
  return t;
}

int main(void) {
  double matrix[4] = {2, 1, 1, 2}, values[2] = {0, 0}, signal[4] = {1, 2, 3, 4};
  int64_t two[2] = {2, 2}, four[1] = {4};
  DLTensor a = describe(matrix, two, 2), w = describe(values, two, 1), x = describe(signal, four, 1);
  spk_fft_desc fft = {0};
  struct DLManagedTensorVersioned *y = NULL;
  const double *bins;
  int ok;

  fft.struct_size = sizeof fft;
  if (spk_eigh(&a, NULL, NULL, &w, NULL, NULL) != SPK_OK || spk_fft_new(&x, &fft, NULL, &y) != SPK_OK) return 1;
  bins = y->dl_tensor.data;
  ok = fabs(values[0] - 1) < 1e-14 && fabs(values[1] - 3) < 1e-14 && bins[0] == 10 && bins[2] == -2 && bins[3] == 2;
  spk_tensor_release(y);
  printf("spectrapack %u: eigenvalues %g %g\n", (unsigned)spk_version(), values[0], values[1]);
  return ok ? 0 : 2;
}
