// Every kernel of every instruction set, as the families define them and the table lists them.
#ifndef DENSE_KERNEL_TABLE_H
#define DENSE_KERNEL_TABLE_H

#include "dense_kernels.h"

#define DENSE_DECLARE_MAPS(isa) \
  void conv_forward_##isa(const dense_conv_shape *, const dense_conv_forward_args *, int, int, int, float *); \
  void conv_backward_##isa(const dense_conv_shape *, const dense_conv_backward_args *, int, int, int, float *); \
  void stem_forward_##isa(const dense_stem_shape *, const dense_stem_forward_args *, int, int, float *); \
  void stem_backward_##isa(const dense_stem_shape *, const dense_stem_backward_args *, int, int, float *); \
  void stem_moments_##isa(float *, float *, const float *, const float *, const dense_conv_shape *, int, int, float *); \
  void moments_##isa(float *, float *, const void *, int, int, int, int); \
  void affine_##isa(void *, const void *, const float *, const float *, int, int, ptrdiff_t); \
  void norm_sums_##isa(float *, const void *, const void *, const float *, int, int, int, int); \
  void norm_backward_##isa(void *, const void *, const void *, const float *, const float *, const float *, \
                           const float *, int, int, ptrdiff_t); \
  void max_pool_forward_##isa(void *, uint8_t *, const void *, const dense_pool_shape *, int, int); \
  void max_pool_backward_##isa(void *, const void *, const uint8_t *, const dense_pool_shape *, int, int); \
  void drop_##isa(void *, int, int, ptrdiff_t, const dense_dropout *); \
  void load_map_##isa(void *, int, const float *, int, int, ptrdiff_t); \
  void read_map_##isa(float *, int, const void *, int, int, ptrdiff_t);

#define DENSE_DECLARE(isa) \
  DENSE_DECLARE_MAPS(isa) \
  DENSE_DECLARE_MAPS(isa##_bf16) \
  void avg_pool_forward_##isa(float *, const float *, const dense_pool_shape *, int, int); \
  void avg_pool_backward_##isa(float *, const float *, const dense_pool_shape *, int, int); \
  void pack_weights_##isa(float *, const float *, const dense_weight_layout *, int, int); \
  void pack_weights_transposed_##isa(float *, const float *, const dense_weight_layout *, int, int); \
  void unpack_gradient_##isa(float *, const float *, int, ptrdiff_t, const dense_weight_layout *, int, int); \
  void sgd_step_##isa(float *, float *, const float *, ptrdiff_t, const dense_sgd *); \
  void adam_step_##isa(float *, float *, float *, const float *, ptrdiff_t, const dense_adam *); \
  double peak_##isa(long);

DENSE_DECLARE(generic)
#if defined(__x86_64__)
DENSE_DECLARE(avx2)
DENSE_DECLARE(avx512)
DENSE_DECLARE_MAPS(avx512bf16_bf16)
void pack_weights_avx512bf16_bf16(float *, const float *, const dense_weight_layout *, int, int);
void pack_weights_transposed_avx512bf16_bf16(float *, const float *, const dense_weight_layout *, int, int);
#endif

#endif
