#include "kernel_table.h"
#include "vectors.h"

#define DENSE_MAPS
#define DENSE_BODY "dropout.body.h"
#include "every_isa.h"
