#include <string.h>

#include "kernel_table.h"
#include "vectors.h"
#include "window_maximum.h"

#define DENSE_MAPS
#define DENSE_BODY "max_pooling.body.h"
#include "every_isa.h"
