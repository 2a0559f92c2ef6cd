#include "isa/kernel_table.h"
#include "isa/simd.h"

#define DENSE_MAPS
#define DENSE_BODY "maps/dropout.body.h"
#include "isa/foreach_isa.h"
