#include <string.h>

#include "kernel_table.h"
#include "vectors.h"

#define DENSE_BODY "average_pooling.body.h"
#include "every_isa.h"
