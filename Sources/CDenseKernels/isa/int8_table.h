// Declares every kernel over maps of bytes of every instruction set, as their file defines and the tables list them.
#ifndef DENSE_INT8_TABLE_H
#define DENSE_INT8_TABLE_H

#include "dense_int8_kernels.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#define DENSE_BODY "isa/int8_declarations.body.h"
#include "isa/foreach_int8_isa.h"
#undef DENSE_BODY

#endif
