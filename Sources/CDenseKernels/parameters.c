#include <string.h>

#include "kernel_table.h"
#include "vectors.h"
#include "winograd.h"

#define DENSE_MAPS
#define DENSE_BODY "parameters.body.h"
#include "every_isa.h"
