// Every kernel of every instruction set, as the families define them and the table lists them.
#ifndef DENSE_KERNEL_TABLE_H
#define DENSE_KERNEL_TABLE_H

#include "dense_kernels.h"

#define DENSE_DECLARE(isa) \
  void conv_forward_##isa(const dense_conv_shape *, const dense_conv_forward_args *, int, int, int, float *); \
  void conv_backward_##isa(const dense_conv_shape *, const dense_conv_backward_args *, int, int, int, float *); \
  void unpool_##isa(float *, int, const dense_conv_backward_args *, int, int, int); \
  void max_pool_forward_##isa(float *, uint8_t *, float *, float *, const float *, const float *, const float *, \
                              const dense_pool_shape *, int, int); \
  void max_pool_sums_##isa(float *, const float *, const float *, const float *, const float *, \
                           const dense_unpool_args *, const dense_pool_shape *, int, int); \
  void max_pool_backward_##isa(float *, const float *, const uint8_t *, const dense_pool_shape *, int, int); \
  void avg_pool_forward_##isa(float *, const float *, const dense_pool_shape *, int, int); \
  void avg_pool_backward_##isa(float *, const float *, const dense_pool_shape *, int, int); \
  void moments_##isa(float *, float *, const float *, int, int, int, int); \
  void affine_##isa(float *, const float *, const float *, const float *, int, int, ptrdiff_t); \
  void norm_sums_##isa(float *, const float *, const float *, const float *, int, int, int, int); \
  void norm_backward_##isa(float *, const float *, const float *, const float *, const float *, const float *, \
                           const float *, int, int, ptrdiff_t); \
  void pack_weights_##isa(float *, const float *, const dense_weight_layout *, int, int); \
  void pack_weights_transposed_##isa(float *, const float *, const dense_weight_layout *, int, int); \
  void unpack_gradient_##isa(float *, const float *, int, ptrdiff_t, const dense_weight_layout *, int, int); \
  void sgd_step_##isa(float *, float *, const float *, ptrdiff_t, const dense_sgd *); \
  double peak_##isa(long);

DENSE_DECLARE(generic)
#if defined(__x86_64__)
DENSE_DECLARE(avx2)
DENSE_DECLARE(avx512)
#endif

#endif
