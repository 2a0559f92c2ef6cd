// Compiles the file DENSE_BODY for one instruction set that multiplies integers. The set's row of numbers ends here.

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
