/// Inference over maps of bytes: the same layout of maps, tiles and packed weights as `dense_kernels.h`, with bytes for
/// floats and exact sums of integers for products.
#ifndef DENSE_INT8_KERNELS_H
#define DENSE_INT8_KERNELS_H

#include "dense_kernels.h"

/// How integers are multiplied: bytes where the machine has an instruction for that, else bytes widened to 16 bits.
typedef enum {
  DENSE_INT8_GENERIC = 0, DENSE_INT8_AVX2 = 1, DENSE_INT8_AVXVNNI = 2, DENSE_INT8_AVX512 = 3, DENSE_INT8_AVX512VNNI = 4
} dense_int8_isa;

/// Of channels of `slope` and `offset`.
enum { DENSE_INT8_PADDING = 64 };

/// y = conv(prologue(x)) * factor + addend, with weights of -127 to 127.
///
/// The prologue, batch norm and ReLU of bytes, is of 16 bits: z = x * slope / 256 + offset in units of 2^-fraction, rounded
/// and kept within them; then max(z, 0), the mean of each pool's window, and that rounded and at most 255.
///
/// The shape has no dilation and is not Winograd's; with `wide_output` y is of floats.
typedef struct {
  void *y;                       // [N, out_height, out_width, out_stride], rounded, from 0 to 255
  const uint8_t *x;              // [N, height, width, in_stride]
  const int16_t *slope, *offset; // [in_channels, padded to DENSE_INT8_PADDING]; NULL: x unchanged
  int fraction;                  // 1 to 7
  const void *weights;           // packed by int8_pack of the same table
  const float *factor, *addend;  // [out_channels]
} dense_int8_args;

/// y = max pool(ReLU(conv(x) * factor + addend)), of an input of floats that is rounded to bytes first.
typedef struct {
  uint8_t *y;                    // [N, pool.out_height, pool.out_width, pool.y_stride]
  const float *x;                // [N, height, width, in_channels]
  const float *unit, *zero;      // [in_channels]: x * unit + zero, rounded, is multiplied; around the image, zero is
  const void *weights;           // packed as of one column of kernel_w * in_channels, rounded up to 4, channels
  const float *factor, *addend;  // [out_channels]
  const uint8_t *least;          // [out_channels]: the byte of 0
} dense_int8_stem_args;

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
/// The same for so many pooled rows of the first layers.
ptrdiff_t dense_int8_stem_scratch(const dense_stem_shape *shape, int rows);

#endif
