#include <string.h>

#include "isa/kernel_table.h"
#include "isa/simd.h"
#include "maps/window_maximum.h"

#define DENSE_MAPS
#define DENSE_BODY "maps/max_pooling.body.h"
#include "isa/foreach_isa.h"
