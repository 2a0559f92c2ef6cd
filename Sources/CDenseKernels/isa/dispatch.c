#include "isa/kernel_table.h"
#include "isa/simd.h"
#include "isa/unroll.h"

#define DENSE_BODY "isa/peak.body.h"
#include "isa/foreach_isa.h"

// Kernels over maps (`maps`), those that pack weights for them (`packing`), and kernels over fp32 alone (`isa`).
#define TABLE(isa, maps, packing) \
  {conv_forward_##maps, conv_backward_##maps, stem_forward_##maps, stem_backward_##maps, stem_moments_##maps, \
   max_pool_forward_##maps, max_pool_backward_##maps, avg_pool_forward_##isa, avg_pool_backward_##isa, moments_##maps, \
   affine_##maps, norm_sums_##maps, norm_backward_##maps, drop_##maps, pack_weights_##packing, \
   pack_weights_transposed_##packing, \
   unpack_gradient_##isa, sgd_step_##isa, adam_step_##isa, load_map_##maps, read_map_##maps}

// By precision.
static const dense_kernels generic_kernels[2] = {TABLE(generic, generic, generic), TABLE(generic, generic_bf16, generic)};
#if defined(__x86_64__)
#include <immintrin.h>
static const dense_kernels avx2_kernels[2] = {TABLE(avx2, avx2, avx2), TABLE(avx2, avx2_bf16, avx2)};
static const dense_kernels avx512_kernels[2] = {TABLE(avx512, avx512, avx512), TABLE(avx512, avx512_bf16, avx512)};
static const dense_kernels avx512bf16_kernels[2] = {TABLE(avx512, avx512, avx512), TABLE(avx512, avx512bf16_bf16, avx512bf16_bf16)};

static int has_avx512(void) {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
         __builtin_cpu_supports("avx512vl");
}
#endif

const dense_kernels *dense_kernels_for(dense_isa isa, dense_precision precision) {
  switch (isa) {
    case DENSE_ISA_GENERIC: return &generic_kernels[precision];
#if defined(__x86_64__)
    // These ask the operating system too, whether it saves the registers.
    case DENSE_ISA_AVX2:
      return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? &avx2_kernels[precision] : NULL;
    case DENSE_ISA_AVX512: return has_avx512() ? &avx512_kernels[precision] : NULL;
    case DENSE_ISA_AVX512BF16:
      return has_avx512() && __builtin_cpu_supports("avx512bf16") ? &avx512bf16_kernels[precision] : NULL;
#endif
    default: return NULL;
  }
}

dense_peak_function dense_peak_for(dense_isa isa) {
  if (!dense_kernels_for(isa, DENSE_FP32)) return NULL;
#if defined(__x86_64__)
  if (isa == DENSE_ISA_AVX2) return peak_avx2;
  if (isa == DENSE_ISA_AVX512 || isa == DENSE_ISA_AVX512BF16) return peak_avx512;
#endif
  return peak_generic;
}

int dense_flush_denormals(int flush) {
#if defined(__x86_64__)
  const unsigned bits = 0x8040, old = _mm_getcsr();  // flush to zero, denormals are zero
  _mm_setcsr(flush ? old | bits : old & ~bits);
  return (old & bits) == bits;
#elif defined(__aarch64__)
  uint64_t old, bit = 1u << 24;
  __asm__ volatile("mrs %0, fpcr" : "=r"(old));
  __asm__ volatile("msr fpcr, %0" ::"r"(flush ? old | bit : old & ~bit));
  return (old & bit) != 0;
#else
  (void)flush;
  return 0;
#endif
}

void dense_pause(void) {
#if defined(__x86_64__)
  _mm_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}
