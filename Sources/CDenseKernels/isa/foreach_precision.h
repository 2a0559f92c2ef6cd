// Compiles the file DENSE_BODY for one instruction set: for maps of fp32 and, where DENSE_MAPS is defined, of bf16; of
// bf16 alone where DENSE_HALF_MAPS_ONLY is defined too.
// MAP is what a map holds; LOAD_MAP and STORE_MAP move DENSE_LANES of them to and from a vector of floats. OPERAND is what
// direct convolutions multiply: floats, or where the machine multiplies pairs of bf16, those.
// The set's row of numbers ends here.

#if !defined(DENSE_NATIVE_BF16) && !defined(DENSE_HALF_MAPS_ONLY)
#define DENSE_MAP
#define MAP float
#define OPERAND float
#define LOAD_MAP(p) LOAD(p)
#define STORE_MAP(p, v) STORE(p, v)
#include DENSE_BODY
#undef DENSE_MAP
#undef MAP
#undef OPERAND
#undef LOAD_MAP
#undef STORE_MAP
#endif

#ifdef DENSE_MAPS
#define DENSE_MAP _bf16
#define DENSE_HALF_MAPS
#define MAP uint16_t
#define LOAD_MAP(p) WIDEN(p)
#ifdef DENSE_NATIVE_BF16
#define OPERAND uint16_t
#define STORE_MAP(p, v) (*(vh_unaligned *)(p) = (vh)_mm512_cvtneps_pbh((__m512)(v)))
#else
#define OPERAND float
#define STORE_MAP(p, v) NARROW(p, v)
#endif
#include DENSE_BODY
#undef DENSE_MAP
#undef DENSE_HALF_MAPS
#undef MAP
#undef OPERAND
#undef LOAD_MAP
#undef STORE_MAP
#endif

#undef DENSE_ISA
#undef DENSE_FLOAT_ISA
#undef DENSE_NATIVE_BF16
#undef DENSE_PIXELS
#undef DENSE_VECTORS
#undef DENSE_PEAK_CHAINS
