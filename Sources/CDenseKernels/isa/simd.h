// A vector of DENSE_LANES floats on every instruction set: the compiler splits it into what the target has.
#ifndef DENSE_SIMD_H
#define DENSE_SIMD_H

#include "dense_kernels.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

typedef float vf __attribute__((ext_vector_type(DENSE_LANES)));
typedef int32_t vi __attribute__((ext_vector_type(DENSE_LANES)));
typedef uint8_t vb __attribute__((ext_vector_type(DENSE_LANES)));
typedef uint32_t vu __attribute__((ext_vector_type(DENSE_LANES)));
typedef uint16_t vh __attribute__((ext_vector_type(DENSE_LANES)));
typedef float vf_unaligned __attribute__((ext_vector_type(DENSE_LANES), aligned(4)));
typedef uint16_t vh_unaligned __attribute__((ext_vector_type(DENSE_LANES), aligned(2)));
typedef uint8_t vb_unaligned __attribute__((ext_vector_type(DENSE_LANES), aligned(1)));

// Macros, not functions: a function that passes vectors would need its caller's target attribute.
#define LOAD(p) ((vf)(*(const vf_unaligned *)(p)))
#define STORE(p, v) (*(vf_unaligned *)(p) = (v))
#define LOAD_BYTES(p) __builtin_convertvector(*(const vb_unaligned *)(p), vi)
#define STORE_BYTES(p, v) (*(vb_unaligned *)(p) = __builtin_convertvector(v, vb))
// bf16 is the upper half of a float; it is rounded to nearest, ties to even, and a NaN stays one.
#define WIDEN(p) ((vf)(__builtin_convertvector(*(const vh_unaligned *)(p), vu) << 16))
#define NARROW(p, v) do { \
    const vf narrow_value = (v); \
    const vu narrow_bits = (vu)narrow_value; \
    const vu narrow_rounded = (narrow_bits + 0x7fff + ((narrow_bits >> 16) & 1)) >> 16; \
    const vu narrow_kept = narrow_value == narrow_value ? narrow_rounded : (vu)(0x7fc0); \
    *(vh_unaligned *)(p) = __builtin_convertvector(narrow_kept, vh); \
  } while (0)
#define SPLAT(x) ((vf)(x))
// max(z, 0) that lets NaN through, as PyTorch's ReLU does.
#define RELU(z) ((SPLAT(0.0f) > (z)) ? SPLAT(0.0f) : (z))

/// Maps are read in pieces too short for the hardware to see a pattern. An address beyond the map does no harm.
#define PREFETCH(p) __builtin_prefetch(p, 0, 2)
enum { PREFETCHED_PIXELS = 12 };

#define ALWAYS_INLINE static inline __attribute__((always_inline))

ALWAYS_INLINE int min_int(int a, int b) { return a < b ? a : b; }
ALWAYS_INLINE int max_int(int a, int b) { return a > b ? a : b; }
ALWAYS_INLINE int round_up(int n, int step) { return (n + step - 1) / step * step; }

#endif
