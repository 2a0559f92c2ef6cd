/// Arithmetic of the dense block. Plain pointers and sizes in, no allocation, no policy, no global state: the
/// caller picks a table of kernels by instruction set and passes all memory.
///
/// Maps are channels-last: `[image, row, column, channel]`, of fp32 or of bf16 (`void *` here: the table says which);
/// arithmetic, sums, statistics and parameters are fp32. A *padded* map has a channel count that is a multiple of
/// DENSE_LANES, with zeros in the lanes that no channel uses; every kernel but the general convolution's and the
/// stem's input needs padded maps.
///
/// Work is cut into tiles, and each tile's partial sums are stored apart, so that the caller's threads may take
/// tiles in any order and the sums still come out the same, bit for bit.
#ifndef DENSE_KERNELS_H
#define DENSE_KERNELS_H

#include <stddef.h>
#include <stdint.h>

/// Channels in one vector on every instruction set.
#define DENSE_LANES 16
/// Output channels in one block of packed weights.
#define DENSE_BLOCK 32

typedef enum { DENSE_ISA_GENERIC = 0, DENSE_ISA_AVX2 = 1, DENSE_ISA_AVX512 = 2, DENSE_ISA_AVX512BF16 = 3 } dense_isa;
/// What maps hold.
typedef enum { DENSE_FP32 = 0, DENSE_BF16 = 1 } dense_precision;

/// A convolution's geometry, and how its output is cut into tiles.
///
/// The input may be averaged over pool_h x pool_w windows first (after its normalisation), or have zeros put
/// between its pixels (dilate, for the input gradient of a strided convolution); then it is padded and convolved.
typedef struct {
  int height, width;              // input map, pixels, before pooling
  int in_channels, in_stride;     // channels read; floats from one input pixel to the next
  int out_height, out_width;      // output map, pixels
  int out_channels, out_stride;   // channels written (padded); floats from one output pixel to the next
  int kernel_h, kernel_w, stride_h, stride_w, pad_h, pad_w;
  int pool_h, pool_w;             // 1: none
  int dilate_h, dilate_w;         // 1: none
  int images_per_tile, rows_per_tile;  // one of them is 1 or the whole: images > 1 only with all output rows
  int winograd;                   // 4 or 6: by F(m x m, 3x3), rows_per_tile a multiple of m, or all; weights packed for it
  int wide_output;                // the output and its gradient are fp32 whatever other maps are
} dense_conv_shape;

/// y = conv(prologue(x)) + bias, rectified if asked, and the moments of y.
typedef struct {
  void *y;                 // [N, out_height, out_width, out_stride]
  float *mean, *m2;        // [tiles, out_channels]: mean and sum of squared deviations over the tile; or NULL
  const void *x;           // [N, height, width, in_stride]
  const float *scale, *shift;  // [in_channels]: max(x * scale + shift, 0) first; NULL: x unchanged
  const float *weights;    // packed by pack_weights
  const float *bias;       // [out_channels], or NULL
  int rectify;             // y = max(y, 0)
} dense_conv_forward_args;

/// The one-pass backward of dense_conv_forward: weight gradient, and for stride 1 with "same" padding the input
/// gradient through ReLU and batch norm, with the sums that batch norm's own gradients need.
///
/// The gradient of the output, finished: dy + defer_a + defer_b * (y - y_mean).
typedef struct {
  void *dx;                // [N, height, width, dx_stride], written if `store`, else added to; or NULL
  float *sums;             // [tiles, 2, in_channels]: sum of dz, sum of dz * (x - mean)
  float *dw;               // packed like the weights; this call's share is added to it
  float *db;               // [tiles, out_channels], or NULL
  const void *dy;          // [N, out_height, out_width, dy_stride]
  const void *y;           // [N, out_height, out_width, y_stride]
  const float *defer_a, *defer_b, *y_mean;  // [out_channels]
  const void *x;           // [N, height, width, in_stride]
  const float *scale, *shift, *mean;        // [in_channels]; scale NULL: no batch norm, no ReLU
  const float *weights;    // packed by pack_weights_transposed; or NULL with dx
  int dx_stride, dy_stride, y_stride, store;
} dense_conv_backward_args;

/// A pool's geometry over padded maps. Average pools divide by the whole window, padding included.
typedef struct {
  int height, width, channels, x_stride;
  int out_height, out_width, y_stride;
  int kernel, stride, pad;
} dense_pool_shape;

/// Where a packed weight lies: logical channels map to padded ones.
typedef struct {
  int out_channels, in_channels;     // logical
  int out_padded, in_padded;         // padded (in_padded is the tile's channel count)
  int kernel_h, kernel_w;
  const int32_t *in_map;             // [in_channels]: the padded position of each, or NULL for itself
  int winograd;                      // packed for Winograd's F(m x m, 3x3), m = 4 or 6: 36 or 64 values for 9; or 0
} dense_weight_layout;

typedef struct {
  float lr, momentum, dampening, weight_decay;
  int nesterov, first;               // first: the momentum buffer is empty
} dense_sgd;

typedef struct {
  float step_size;                   // the learning rate over 1 - beta1^t
  float new_mean;                    // 1 - beta1
  float kept_square, new_square;     // beta2, 1 - beta2
  float square_scale;                // sqrt(1 - beta2^t)
  float epsilon;
  float weight_decay, shrink;        // added to the gradient, and multiplied with the weight
} dense_adam;

/// Which values are dropped: a function of the seed and of a value's place alone.
typedef struct {
  uint32_t seed[2];
  uint32_t threshold;                // the share that is dropped, of 2^32
  float scale;                       // of the others
  ptrdiff_t first_pixel;             // of the map, that the pixels begin with
} dense_dropout;

/// The first layers of a network, `convolution -> batch norm -> ReLU -> max pool`, in one pass: the convolution's
/// output never leaves the cache. `conv` reads raw fp32 input; `pool` writes a padded map.
typedef struct {
  dense_conv_shape conv;
  dense_pool_shape pool;
} dense_stem_shape;

typedef struct {
  void *y;                   // [N, pool.out_height, pool.out_width, pool.y_stride]
  uint8_t *argmax;           // [images from argmax_image on, pool.out_height, pool.out_width, conv.out_channels], or NULL
  float *mean, *m2;          // [N, conv.out_channels]: moments of y by image; or NULL
  const float *x;            // [N, height, width, in_channels]
  const float *scale, *shift;  // [out_channels]: of the batch norm, with the convolution's bias in the shift
  const float *weights;      // packed by pack_weights of a table for fp32
  int argmax_image;
  int row_begin, row_end;    // of the pooled rows, these; with moments, all
} dense_stem_forward_args;

/// For z = the convolution's output and dz its gradient before batch norm's own: what all gradients follow from.
typedef struct {
  float *products;           // [out_channels, dense_stem_taps]: sum of dz times the window; added to
  float *sums;               // [out_channels]: sum of dz; added to
  const void *dy, *y;        // of the pooled map, by pool.y_stride and dy_stride
  const float *defer_a, *defer_b, *y_mean;  // as in dense_conv_backward_args
  const uint8_t *argmax;
  const float *x;
  const float *center;       // [in_channels]: taken from every input value first, padding included
  int dy_stride, argmax_image;
} dense_stem_backward_args;

/// The kernels of one instruction set and precision; `kernels.inc` says what each does.
typedef struct {
#define MAP_KERNEL(name, ...) void (*name)(__VA_ARGS__);
#define FLOAT_KERNEL(name, ...) void (*name)(__VA_ARGS__);
#define PACKING_KERNEL(name, ...) void (*name)(__VA_ARGS__);
#include "kernels.inc"
} dense_kernels;

/// The table of one instruction set and precision, or NULL where this build or this machine does not have the set.
const dense_kernels *dense_kernels_for(dense_isa isa, dense_precision precision);

/// Floats of scratch that a tile of this shape needs, forward or backward.
ptrdiff_t dense_conv_scratch(const dense_conv_shape *shape, int backward);
/// Floats of scratch that the stem's kernels need.
ptrdiff_t dense_stem_scratch(const dense_stem_shape *shape);
/// Per channel of stem_backward's products: [kernel_h / 8, kernel_w * in_channels / 8] rounded up, 8 x 8 values each,
/// rows by columns.
int dense_stem_taps(const dense_conv_shape *shape);
/// Per window value in stem_moments' products.
int dense_stem_lags(const dense_conv_shape *shape);

/// Sums `rows` rows of `count` floats, `stride` floats apart, in order, in double precision.
void dense_sum_rows(double *sum, const float *rows, ptrdiff_t row_count, ptrdiff_t stride, int count);
/// Joins the moments of tiles (Chan et al. 1979): mean and biased variance of all, in double precision.
/// Tile t covers pixels[t] pixels.
void dense_join_moments(float *mean, float *variance, const float *tile_mean, const float *tile_m2,
                        const int32_t *pixels, int tiles, int stride, int channels);
/// Adds tiles to the mean of `count` values and the sum of squares around it: as above, from where others left off.
void dense_add_moments(double *mean, double *m2, double count, const float *tile_mean, const float *tile_m2,
                       const int32_t *pixels, int tiles, int stride, int channels);

/// Softmax cross entropy of each row: loss[row] = -log p(label), dlogits = (p - onehot) * scale. A label is in
/// 0..<classes. dlogits may be NULL. `correct` counts rows whose greatest logit is the label's.
void dense_softmax_cross_entropy(double *loss, int *correct, float *dlogits, const float *logits,
                                 const int32_t *labels, int rows, int classes, float scale);

/// Whether a set that this machine has is faster than those before it.
int dense_isa_pays(dense_isa isa);

/// Makes the calling thread treat denormal numbers as zero, or not. Returns the setting before.
int dense_flush_denormals(int flush);
/// A short wait in a spin loop.
void dense_pause(void);

/// Runs independent multiply-adds for `repeats` rounds and returns the number of floating point operations done:
/// timed by the caller, it gives the thread's peak.
typedef double (*dense_peak_function)(long repeats);
dense_peak_function dense_peak_for(dense_isa isa);

#endif
