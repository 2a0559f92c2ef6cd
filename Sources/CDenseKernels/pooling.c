#include <string.h>

#include "kernel_table.h"
#include "vectors.h"
#include "window_maximum.h"

#define DENSE_BODY "pooling.body.h"
#include "every_isa.h"
