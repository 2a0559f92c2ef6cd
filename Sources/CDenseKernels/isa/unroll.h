// Which loops the compiler unrolls, and one compiled loop per number of accumulators, so that no remainder falls back to
// slow code.
#ifndef DENSE_UNROLL_H
#define DENSE_UNROLL_H

#define FULLY_UNROLLED _Pragma("clang loop unroll(full)")
/// Left to itself, the compiler unrolls the loop around a register tile as well, and then runs out of registers.
#define NOT_UNROLLED _Pragma("clang loop unroll(disable)")

#define UNROLL_TO_2(f, v, ...) case 1: NAME(f)(1, v, __VA_ARGS__); break; case 2: NAME(f)(2, v, __VA_ARGS__); break;
#define UNROLL_TO_6(f, v, ...) UNROLL_TO_2(f, v, __VA_ARGS__) \
  case 3: NAME(f)(3, v, __VA_ARGS__); break; case 4: NAME(f)(4, v, __VA_ARGS__); break; \
  case 5: NAME(f)(5, v, __VA_ARGS__); break; case 6: NAME(f)(6, v, __VA_ARGS__); break;
#define UNROLL_TO_14(f, v, ...) UNROLL_TO_6(f, v, __VA_ARGS__) \
  case 7: NAME(f)(7, v, __VA_ARGS__); break; case 8: NAME(f)(8, v, __VA_ARGS__); break; \
  case 9: NAME(f)(9, v, __VA_ARGS__); break; case 10: NAME(f)(10, v, __VA_ARGS__); break; \
  case 11: NAME(f)(11, v, __VA_ARGS__); break; case 12: NAME(f)(12, v, __VA_ARGS__); break; \
  case 13: NAME(f)(13, v, __VA_ARGS__); break; case 14: NAME(f)(14, v, __VA_ARGS__); break;

#define UNROLL_JOIN2(count) UNROLL_TO_##count
#define UNROLL_JOIN(count) UNROLL_JOIN2(count)
/// The cases 1 to DENSE_PIXELS of a switch that calls f(n, v, ...).
#define UNROLL UNROLL_JOIN(DENSE_PIXELS)

#endif
