// Compiles the file DENSE_BODY, a path from this target's root, once per instruction set that multiplies integers: each
// time with its own suffix, target attribute and row of numbers. Include the system's headers before this one.
//
// A product is of an unsigned byte of a map and a signed byte of a weight, and its sum is exact on every set. Machines sum
// DENSE_STEP consecutive products at once: four of bytes, or two of the 16 bits to which bytes are widened first.
//
// DENSE_PIXELS, DENSE_VECTORS    sums of a register tile, in vectors of DENSE_LANES 32-bit integers
// DENSE_PEAK_CHAINS              vectors with which these instructions reach their peak
// OPERAND, WEIGHT                what the values of a tile, and packed weights, are
// REGISTER, PARTS                a register, and how many make a vector
// SPLAT_STEP, LOAD_PART          DENSE_STEP operands in every lane; a register of weights
// MULTIPLY_ADD(sum, a, w)        sum += the DENSE_STEP products in each lane
//
// What comes before the products is done in 16 bits; but for MULTIPLY_WORDS, a row that says nothing has the plain ways of
// int8_set.h:
//
// DENSE_WORDS                    channels of a vector of 16-bit integers
// LOAD_WORDS(p, left)            so many bytes, of which `left` are there, a multiple of DENSE_LANES
// MULTIPLY_WORDS(a, b)           (a * b + 2^14) >> 15
// DENSE_STORED                   vectors that are stored at once
// STORE_OPERANDS(p, z)           they as operands, brought into 0...255
//
// STORE_ROUNDED(p, z, vectors)   stores vectors of DENSE_LANES floats as bytes, rounded and brought into 0...255

#define DENSE_JOIN3(a, b, c) a##_##b##c
#define DENSE_JOIN(a, b, c) DENSE_JOIN3(a, b, c)
#define DENSE_MAP
#define NAME(name) DENSE_JOIN(name, DENSE_ISA, DENSE_MAP)

// Two values of 16 bits in the lanes of a 32-bit integer, with plain operators.
#define DENSE_ISA generic
#define DENSE_STEP 2
#define OPERAND int16_t
#define WEIGHT int16_t
#define DENSE_VECTORS 1
#if defined(__x86_64__)
// 2 x 4 xmm of sums, 4 of weights, 1 broadcast, 1 of products: 14 of 16.
#define DENSE_PIXELS 2
#define DENSE_PEAK_CHAINS 2
#define REGISTER __m128i
#define PARTS 4
#define SPLAT_STEP(bits) _mm_set1_epi32(bits)
#define LOAD_PART(p) _mm_loadu_si128((const __m128i *)(p))
#define STORE_PART(p, v) _mm_storeu_si128((__m128i *)(p), v)
#define ZERO_PART _mm_setzero_si128()
#define MULTIPLY_ADD(sum, a, w) _mm_add_epi32(sum, _mm_madd_epi16(a, w))
#else
#define DENSE_PIXELS 6
#define DENSE_PEAK_CHAINS 6
#define REGISTER vi
#define PARTS 1
#define SPLAT_STEP(bits) ((vi)(bits))
#define LOAD_PART(p) (*(const vi_unaligned *)(p))
#define STORE_PART(p, v) (*(vi_unaligned *)(p) = (v))
#define ZERO_PART ((vi)(0))
#define MULTIPLY_ADD(sum, a, w) ((sum) + (((a) << 16) >> 16) * (((w) << 16) >> 16) + ((a) >> 16) * ((w) >> 16))
#endif
#define MULTIPLY_WORDS(a, b) __builtin_convertvector((WIDE(a) * WIDE(b) + (1 << 14)) >> 15, NAME(words))
#include "isa/int8_set.h"

#if defined(__x86_64__)
// 6 x 2 ymm of sums, 2 of weights, 1 broadcast, 1 of products: 16 of 16.
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#define DENSE_ISA avx2
#define DENSE_STEP 2
#define OPERAND int16_t
#define WEIGHT int16_t
#define DENSE_PIXELS 6
#define DENSE_VECTORS 1
#define DENSE_PEAK_CHAINS 6
#define REGISTER __m256i
#define PARTS 2
#define SPLAT_STEP(bits) _mm256_set1_epi32(bits)
#define LOAD_PART(p) _mm256_loadu_si256((const __m256i *)(p))
#define STORE_PART(p, v) _mm256_storeu_si256((__m256i *)(p), v)
#define ZERO_PART _mm256_setzero_si256()
#define MULTIPLY_ADD(sum, a, w) _mm256_add_epi32(sum, _mm256_madd_epi16(a, w))
#define MULTIPLY_WORDS(a, b) (NAME(words))_mm256_mulhrs_epi16((__m256i)(a), (__m256i)(b))
#include "isa/int8_set.h"
#pragma clang attribute pop

// 6 x 2 ymm of sums, 2 of weights, 1 broadcast: 15 of 16.
#pragma clang attribute push(__attribute__((target("avxvnni,avx2,fma"))), apply_to = function)
#define DENSE_ISA avxvnni
#define DENSE_STEP 4
#define OPERAND uint8_t
#define WEIGHT int8_t
#define DENSE_PIXELS 6
#define DENSE_VECTORS 1
#define DENSE_PEAK_CHAINS 6
#define REGISTER __m256i
#define PARTS 2
#define SPLAT_STEP(bits) _mm256_set1_epi32(bits)
#define LOAD_PART(p) _mm256_loadu_si256((const __m256i *)(p))
#define STORE_PART(p, v) _mm256_storeu_si256((__m256i *)(p), v)
#define ZERO_PART _mm256_setzero_si256()
#define MULTIPLY_ADD(sum, a, w) _mm256_dpbusd_avx_epi32(sum, a, w)
#define MULTIPLY_WORDS(a, b) (NAME(words))_mm256_mulhrs_epi16((__m256i)(a), (__m256i)(b))
#include "isa/int8_set.h"
#pragma clang attribute pop

#define INTEGERS_512(z) _mm512_cvtps_epi32(_mm512_min_ps(z, _mm512_set1_ps(255.0f)))
#define PAIR_TO_BYTES(p, z) do { \
    const __m512i pair_words = _mm512_packs_epi32(INTEGERS_512((z)[0]), INTEGERS_512((z)[1])); \
    const __m512i pair_order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 0, 0, 0, 0, 0, 0, 0, 0); \
    const __m512i pair_bytes = _mm512_packus_epi16(pair_words, pair_words); \
    _mm256_storeu_si256((__m256i *)(p), _mm512_castsi512_si256(_mm512_permutexvar_epi32(pair_order, pair_bytes))); \
  } while (0)

// 14 x 2 zmm of sums, 2 of weights, 1 broadcast, 1 of products: 32 of 32.
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma"))), apply_to = function)
#define DENSE_ISA avx512
#define DENSE_STEP 2
#define OPERAND int16_t
#define WEIGHT int16_t
#define DENSE_PIXELS 14
#define DENSE_VECTORS 2
#define DENSE_PEAK_CHAINS 16
#define REGISTER __m512i
#define PARTS 1
#define SPLAT_STEP(bits) _mm512_set1_epi32(bits)
#define LOAD_PART(p) _mm512_loadu_si512(p)
#define STORE_PART(p, v) _mm512_storeu_si512(p, v)
#define ZERO_PART _mm512_setzero_si512()
#define MULTIPLY_ADD(sum, a, w) _mm512_add_epi32(sum, _mm512_madd_epi16(a, w))
#define DENSE_WORDS 32
#define LOAD_WORDS(p, left) \
  (NAME(words))_mm512_cvtepu8_epi16(_mm256_maskz_loadu_epi8((left) >= 32 ? ~0u : (left) > 0 ? 0xffff : 0, p))
#define MULTIPLY_WORDS(a, b) (NAME(words))_mm512_mulhrs_epi16((__m512i)(a), (__m512i)(b))
#define STORE_ROUNDED(p, z, vectors) if (vectors == 2) PAIR_TO_BYTES(p, z); else STORE_BYTES(p, ROUND_TO_BYTE((z)[0]))
#include "isa/int8_set.h"
#pragma clang attribute pop

// 14 x 2 zmm of sums, 2 of weights, 1 broadcast: 31 of 32.
#pragma clang attribute push(__attribute__((target("avx512vnni,avx512f,avx512bw,avx512dq,avx512vl,avx2,fma"))), apply_to = function)
#define DENSE_ISA avx512vnni
#define DENSE_STEP 4
#define OPERAND uint8_t
#define WEIGHT int8_t
#define DENSE_PIXELS 14
#define DENSE_VECTORS 2
#define DENSE_PEAK_CHAINS 16
#define REGISTER __m512i
#define PARTS 1
#define SPLAT_STEP(bits) _mm512_set1_epi32(bits)
#define LOAD_PART(p) _mm512_loadu_si512(p)
#define STORE_PART(p, v) _mm512_storeu_si512(p, v)
#define ZERO_PART _mm512_setzero_si512()
#define MULTIPLY_ADD(sum, a, w) _mm512_dpbusd_epi32(sum, a, w)
#define DENSE_WORDS 32
#define LOAD_WORDS(p, left) \
  (NAME(words))_mm512_cvtepu8_epi16(_mm256_maskz_loadu_epi8((left) >= 32 ? ~0u : (left) > 0 ? 0xffff : 0, p))
#define MULTIPLY_WORDS(a, b) (NAME(words))_mm512_mulhrs_epi16((__m512i)(a), (__m512i)(b))
#define DENSE_STORED 2
#define STORE_OPERANDS(p, z) \
  _mm512_storeu_si512(p, _mm512_permutexvar_epi64(_mm512_setr_epi64(0, 2, 4, 6, 1, 3, 5, 7), \
                                                  _mm512_packus_epi16((__m512i)(z)[0], (__m512i)(z)[1])))
#define STORE_ROUNDED(p, z, vectors) if (vectors == 2) PAIR_TO_BYTES(p, z); else STORE_BYTES(p, ROUND_TO_BYTE((z)[0]))
#include "isa/int8_set.h"
#pragma clang attribute pop
#endif
