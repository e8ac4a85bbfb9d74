/* Numbers to test with: elements of any type that is computed on, read and written as long double. */
#ifndef VALUES_H
#define VALUES_H

#include "tensors.h"

#include <complex.h>
#include <float.h>
#include <math.h>

typedef long double complex big;

/* A number in [-1, 1) with 24 bits, the same in every run. */
static inline double random_unit(uint32_t *state) {
  *state = *state * 1664525u + 1013904223u;
  return (double)(*state >> 8) / (1 << 23) - 1;
}

static inline int64_t element_count(const DLTensor *t) {
  int64_t n = 1;
  for (int32_t d = 0; d < t->ndim; d++) n *= t->shape[d];
  return n;
}

static inline size_t element_size(DLDataType t) { return t.bits * t.lanes / 8; }

/* The address of the element with this row-major number. */
static inline char *element_at(const DLTensor *t, int64_t number) {
  int64_t offset = 0, compact = 1;
  for (int32_t d = t->ndim - 1; d >= 0; d--) {
    offset += number % t->shape[d] * (t->strides ? t->strides[d] : compact);
    number /= t->shape[d];
    compact *= t->shape[d];
  }
  return (char *)t->data + t->byte_offset + offset * (int64_t)element_size(t->dtype);
}

/* What 16 bits are as IEEE half precision. */
static inline double half_value(uint16_t bits) {
  int exponent = bits >> 10 & 31, fraction = bits & 1023;
  double magnitude = exponent ? ldexp(1024 + fraction, exponent - 25) : ldexp(fraction, -24);
  if (exponent == 31) magnitude = fraction ? NAN : INFINITY;
  return bits >> 15 ? -magnitude : magnitude;
}

static inline float bfloat_value(uint16_t bits) {
  uint32_t wide = (uint32_t)bits << 16;
  float value;
  memcpy(&value, &wide, sizeof value);
  return value;
}

#define READ_AS(type) (memcpy(&x.type##_, from, sizeof x.type##_), x.type##_)
static inline big read_element(const void *from, DLDataType t) {
  union {
    int8_t int8_t_; int16_t int16_t_; int32_t int32_t_; int64_t int64_t_;
    uint8_t uint8_t_; uint16_t uint16_t_; uint32_t uint32_t_; uint64_t uint64_t_;
    float float_; double double_;
  } x;
  big imaginary = 0;
  switch (t.code << 8 | t.bits) {
    case kDLInt << 8 | 8: return READ_AS(int8_t);
    case kDLInt << 8 | 16: return READ_AS(int16_t);
    case kDLInt << 8 | 32: return READ_AS(int32_t);
    case kDLInt << 8 | 64: return READ_AS(int64_t);
    case kDLUInt << 8 | 8: return READ_AS(uint8_t);
    case kDLUInt << 8 | 16: return READ_AS(uint16_t);
    case kDLUInt << 8 | 32: return READ_AS(uint32_t);
    case kDLUInt << 8 | 64: return READ_AS(uint64_t);
    case kDLBool << 8 | 8: return READ_AS(uint8_t) != 0;
    case kDLFloat << 8 | 16: return half_value(READ_AS(uint16_t));
    case kDLBfloat << 8 | 16: return bfloat_value(READ_AS(uint16_t));
    case kDLFloat << 8 | 32: return READ_AS(float);
    case kDLFloat << 8 | 64: return READ_AS(double);
    case kDLComplex << 8 | 64:
      imaginary = read_element((const char *)from + 4, F32);
      return READ_AS(float) + I * imaginary;
    case kDLComplex << 8 | 128:
      imaginary = read_element((const char *)from + 8, F64);
      return READ_AS(double) + I * imaginary;
    default: abort();
  }
}
#undef READ_AS

/* Sets an element to a random value; every type gets values that it holds exactly. */
static inline void fill_element(void *to, DLDataType t, uint32_t *state) {
  int parts = t.code == kDLComplex ? 2 : 1, bits = t.bits / parts;
  for (int part = 0; part < parts; part++) {
    double unit = random_unit(state), as_double = unit;
    float as_float = (float)unit;
    uint64_t integer = (uint64_t)(int64_t)(unit * ldexp(1, bits < 32 ? bits - 1 : 31)); /* little endian is assumed */
    uint16_t as_half = (uint16_t)((*state >> 16 & 0x83FF) | (9 + (*state >> 26 & 7)) << 10);
    uint8_t as_bool = unit < -0.3 ? 0 : unit < 0.5 ? 1 : 255;
    uint32_t word;
    memcpy(&word, &as_float, sizeof word);
    uint16_t as_bfloat = (uint16_t)(word >> 16);
    const void *from = &integer;
    if (t.code == kDLBool) from = &as_bool;
    else if (t.code == kDLBfloat) from = &as_bfloat;
    else if (t.code == kDLFloat || t.code == kDLComplex)
      from = bits == 64 ? (const void *)&as_double : bits == 32 ? (const void *)&as_float : &as_half;
    memcpy((char *)to + part * bits / 8, from, (size_t)bits / 8);
  }
}

static inline void fill_tensor(const DLTensor *t, uint32_t seed) {
  for (int64_t i = 0, n = element_count(t); i < n; i++) fill_element(element_at(t, i), t->dtype, &seed);
}

/* The elements in row-major order, to be freed. */
static inline big *read_tensor(const DLTensor *t) {
  int64_t n = element_count(t);
  big *values = calloc((size_t)n + 1, sizeof *values);
  if (!values) abort();
  for (int64_t i = 0; i < n; i++) values[i] = read_element(element_at(t, i), t->dtype);
  return values;
}

/* ||got - want|| / ||want||; infinite when `got` holds what is no number. */
static inline double relative_error(const big *got, const big *want, int64_t n) {
  long double difference = 0, norm = 0;
  for (int64_t i = 0; i < n; i++) {
    long double d = cabsl(got[i] - want[i]), w = cabsl(want[i]);
    if (isnan(d)) return INFINITY;
    difference += d * d;
    norm += w * w;
  }
  return (double)(norm > 0 ? sqrtl(difference / norm) : sqrtl(difference));
}

static inline double epsilon_of(DLDataType t) {
  return t.bits / (t.code == kDLComplex ? 2 : 1) == 64 ? DBL_EPSILON : FLT_EPSILON;
}

#endif
