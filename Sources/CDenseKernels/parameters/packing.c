#include <string.h>

#include "isa/kernel_table.h"
#include "isa/simd.h"
#include "isa/unroll.h"
#include "convolution/winograd.h"

#define DENSE_MAPS
#define DENSE_BODY "parameters/packing.body.h"
#include "isa/foreach_isa.h"
