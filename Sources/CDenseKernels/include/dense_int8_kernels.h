/// Inference over maps of bytes: the same layout of maps, tiles and packed weights as `dense_kernels.h`, with bytes for
/// floats and exact sums of integers for products.
#ifndef DENSE_INT8_KERNELS_H
#define DENSE_INT8_KERNELS_H

#include "dense_kernels.h"

/// How integers are multiplied: bytes where the machine has an instruction for that, else bytes widened to 16 bits.
typedef enum {
  DENSE_INT8_GENERIC = 0, DENSE_INT8_AVX2 = 1, DENSE_INT8_AVXVNNI = 2, DENSE_INT8_AVX512 = 3, DENSE_INT8_AVX512VNNI = 4
} dense_int8_isa;

/// y = conv(prologue(x)) * factor + addend, with weights of -127 to 127.
///
/// The shape has no dilation and is not Winograd's; with `wide_output` y is of floats.
typedef struct {
  void *y;                       // [N, out_height, out_width, out_stride], rounded, from 0 to 255
  const uint8_t *x;              // [N, height, width, in_stride]
  const float *scale, *shift;    // [in_channels]: max(x * scale + shift, 0), rounded, at most 255; NULL: x unchanged
  const void *weights;           // packed by int8_pack of the same table
  const float *factor, *addend;  // [out_channels]
} dense_int8_args;

/// The kernels of one instruction set; `int8_kernels.inc` says what each does.
typedef struct {
#define INT8_KERNEL(name, ...) void (*name)(__VA_ARGS__);
#include "int8_kernels.inc"
  int weight_bytes;              // of a packed weight
} dense_int8_kernels;

/// The table of one instruction set, or NULL where this build or this machine does not have it.
const dense_int8_kernels *dense_int8_kernels_for(dense_int8_isa isa);
/// The fastest that an instruction set for floats goes with.
dense_int8_isa dense_int8_best(dense_isa isa);
/// As `dense_peak_for`, of products of bytes: two operations each.
dense_peak_function dense_int8_peak_for(dense_int8_isa isa);

/// Floats of scratch that a tile of this shape needs.
ptrdiff_t dense_int8_scratch(const dense_conv_shape *shape);

#endif
