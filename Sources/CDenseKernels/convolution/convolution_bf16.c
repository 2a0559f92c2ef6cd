#include <string.h>

#include "convolution/shape.h"
#include "isa/kernel_table.h"
#include "isa/simd.h"
#include "isa/unroll.h"

#define DENSE_MAPS
#define DENSE_HALF_MAPS_ONLY
#define DENSE_BODY "convolution/convolution.body.h"
#include "isa/foreach_isa.h"
