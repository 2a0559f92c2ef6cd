// One compiled loop per count of accumulators, so that no remainder falls back to slow code.
#ifndef DENSE_UNROLL_H
#define DENSE_UNROLL_H

#define CASES_TO_2(f, v, ...) case 1: NAME(f)(1, v, __VA_ARGS__); break; case 2: NAME(f)(2, v, __VA_ARGS__); break;
#define CASES_TO_6(f, v, ...) CASES_TO_2(f, v, __VA_ARGS__) \
  case 3: NAME(f)(3, v, __VA_ARGS__); break; case 4: NAME(f)(4, v, __VA_ARGS__); break; \
  case 5: NAME(f)(5, v, __VA_ARGS__); break; case 6: NAME(f)(6, v, __VA_ARGS__); break;
#define CASES_TO_14(f, v, ...) CASES_TO_6(f, v, __VA_ARGS__) \
  case 7: NAME(f)(7, v, __VA_ARGS__); break; case 8: NAME(f)(8, v, __VA_ARGS__); break; \
  case 9: NAME(f)(9, v, __VA_ARGS__); break; case 10: NAME(f)(10, v, __VA_ARGS__); break; \
  case 11: NAME(f)(11, v, __VA_ARGS__); break; case 12: NAME(f)(12, v, __VA_ARGS__); break; \
  case 13: NAME(f)(13, v, __VA_ARGS__); break; case 14: NAME(f)(14, v, __VA_ARGS__); break;

#define CASES_JOIN2(count) CASES_TO_##count
#define CASES_JOIN(count) CASES_JOIN2(count)
/// The cases 1 to DENSE_PIXELS of a switch that calls f(n, v, ...).
#define CASES CASES_JOIN(DENSE_PIXELS)

#endif
