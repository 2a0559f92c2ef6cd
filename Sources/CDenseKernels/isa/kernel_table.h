// Declares every kernel of every instruction set, as the families define them and the tables list them.
#ifndef DENSE_KERNEL_TABLE_H
#define DENSE_KERNEL_TABLE_H

#include "dense_kernels.h"

#define DENSE_MAPS
#define DENSE_BODY "isa/declarations.body.h"
#include "isa/foreach_isa.h"
#undef DENSE_BODY
#undef DENSE_MAPS

#endif
