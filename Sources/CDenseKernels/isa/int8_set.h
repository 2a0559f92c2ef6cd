// Compiles the file DENSE_BODY for one instruction set that multiplies integers. The set's row of numbers ends here; what it
// left out is as plain vectors do it.

#ifndef LOAD_WORDS
#define DENSE_WORDS 16
#define LOAD_WORDS(p, left) ((void)(left), WIDENED(p))
#endif
#ifndef STORE_OPERANDS
#define DENSE_STORED 1
#define STORE_OPERANDS(p, z) STORE_CLAMPED(p, (z)[0])
#endif
#ifndef STORE_ROUNDED
#define STORE_ROUNDED(p, z, vectors) STORE_BYTES(p, ROUND_TO_BYTE((z)[0]))
#endif

#include DENSE_BODY

#undef DENSE_ISA
#undef DENSE_STEP
#undef DENSE_PIXELS
#undef DENSE_VECTORS
#undef DENSE_PEAK_CHAINS
#undef OPERAND
#undef WEIGHT
#undef REGISTER
#undef PARTS
#undef SPLAT_STEP
#undef LOAD_PART
#undef STORE_PART
#undef ZERO_PART
#undef MULTIPLY_ADD
#undef DENSE_WORDS
#undef LOAD_WORDS
#undef MULTIPLY_WORDS
#undef DENSE_STORED
#undef STORE_OPERANDS
#undef STORE_ROUNDED
