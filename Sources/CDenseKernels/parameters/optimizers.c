#include <string.h>

#include "isa/kernel_table.h"
#include "isa/simd.h"

#define DENSE_BODY "parameters/optimizers.body.h"
#include "isa/foreach_isa.h"
