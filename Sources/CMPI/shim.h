// What of MPI this package uses, as functions: MPI's constants are macros of each library's own, and its handles are
// pointers in one library and numbers in another. Every function returns MPI's error code.
#pragma once

#include <mpi.h>
#include <stddef.h>

/// An operation that was begun.
typedef struct {
  MPI_Request request;
} cmpi_request;

/// The number of some values, their mean, and the sum of squares of their distances from it.
typedef struct {
  double count, mean, squares;
} cmpi_moments;

/// How moments are sent and joined.
typedef struct {
  MPI_Datatype moments;
  MPI_Op join;
} cmpi_types;

static const int cmpi_alive_tag = 77, cmpi_values_tag = 78;

/// As `Moments.joined(with:)`: the two sides can be exchanged without a change of a bit.
static inline void cmpi_join(void *from, void *into, int *length, MPI_Datatype *type) {
  (void)type;
  const cmpi_moments *a = (const cmpi_moments *)from;
  cmpi_moments *b = (cmpi_moments *)into;
  for (int i = 0; i < *length; i++) {
    if (a[i].count == 0) continue;
    if (b[i].count == 0) {
      b[i] = a[i];
      continue;
    }
    const double all = a[i].count + b[i].count, distance = a[i].mean - b[i].mean;
    const double mean = (a[i].count * a[i].mean + b[i].count * b[i].mean) / all;
    const double between = distance * distance * (a[i].count * b[i].count / all);
    b[i] = (cmpi_moments){all, mean, a[i].squares + b[i].squares + between};
  }
}

/// Joins the other processes. Calls may then come from any thread, one at a time.
static inline int cmpi_start(cmpi_types *types, int *rank, int *count) {
  int provided = 0, code = MPI_Init_thread(NULL, NULL, MPI_THREAD_SERIALIZED, &provided);
  if (code != MPI_SUCCESS) return code;
  if (provided < MPI_THREAD_SERIALIZED) return MPI_ERR_OTHER;
  if ((code = MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN)) != MPI_SUCCESS) return code;
  if ((code = MPI_Comm_rank(MPI_COMM_WORLD, rank)) != MPI_SUCCESS) return code;
  if ((code = MPI_Comm_size(MPI_COMM_WORLD, count)) != MPI_SUCCESS) return code;
  if ((code = MPI_Type_contiguous(3, MPI_DOUBLE, &types->moments)) != MPI_SUCCESS) return code;
  if ((code = MPI_Type_commit(&types->moments)) != MPI_SUCCESS) return code;
  return MPI_Op_create(cmpi_join, 1, &types->join);
}

static inline int cmpi_sum_doubles(double *values, int count, cmpi_request *request) {
  return MPI_Iallreduce(MPI_IN_PLACE, values, count, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD, &request->request);
}

static inline int cmpi_sum_floats(float *values, int count, cmpi_request *request) {
  return MPI_Iallreduce(MPI_IN_PLACE, values, count, MPI_FLOAT, MPI_SUM, MPI_COMM_WORLD, &request->request);
}

static inline int cmpi_join_moments(cmpi_types types, cmpi_moments *moments, int count, cmpi_request *request) {
  return MPI_Iallreduce(MPI_IN_PLACE, moments, count, types.moments, types.join, MPI_COMM_WORLD, &request->request);
}

/// `counts` has a number for each process, this one's already.
static inline int cmpi_gather_counts(int *counts, cmpi_request *request) {
  return MPI_Iallgather(MPI_IN_PLACE, 0, MPI_DATATYPE_NULL, counts, 1, MPI_INT, MPI_COMM_WORLD, &request->request);
}

/// `all` has this process's values in their place already.
static inline int cmpi_gather_floats(float *all, const int *counts, const int *places, cmpi_request *request) {
  return MPI_Iallgatherv(MPI_IN_PLACE, 0, MPI_DATATYPE_NULL, all, counts, places, MPI_FLOAT, MPI_COMM_WORLD,
                         &request->request);
}

static inline int cmpi_broadcast(void *bytes, int count, cmpi_request *request) {
  return MPI_Ibcast(bytes, count, MPI_BYTE, 0, MPI_COMM_WORLD, &request->request);
}

static inline int cmpi_send_doubles(const double *values, int count, int to, cmpi_request *request) {
  return MPI_Isend(values, count, MPI_DOUBLE, to, cmpi_values_tag, MPI_COMM_WORLD, &request->request);
}

static inline int cmpi_receive_doubles(double *values, int count, int from, cmpi_request *request) {
  return MPI_Irecv(values, count, MPI_DOUBLE, from, cmpi_values_tag, MPI_COMM_WORLD, &request->request);
}

static inline int cmpi_test(cmpi_request *request, int *is_done) {
  return MPI_Test(&request->request, is_done, MPI_STATUS_IGNORE);
}

/// Tells a process that this one waits.
static inline int cmpi_send_alive(int to, cmpi_request *request) {
  return MPI_Isend(NULL, 0, MPI_BYTE, to, cmpi_alive_tag, MPI_COMM_WORLD, &request->request);
}

/// A process that has told so; -1: none.
static inline int cmpi_receive_alive(int *from) {
  int is_there = 0;
  MPI_Status status;
  *from = -1;
  int code = MPI_Iprobe(MPI_ANY_SOURCE, cmpi_alive_tag, MPI_COMM_WORLD, &is_there, &status);
  if (code != MPI_SUCCESS || !is_there) return code;
  *from = status.MPI_SOURCE;
  return MPI_Recv(NULL, 0, MPI_BYTE, *from, cmpi_alive_tag, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
}

static const int cmpi_longest_text = MPI_MAX_ERROR_STRING > MPI_MAX_PROCESSOR_NAME ? MPI_MAX_ERROR_STRING
                                                                                   : MPI_MAX_PROCESSOR_NAME;

/// The texts have room for `cmpi_longest_text` characters and a zero.
static inline int cmpi_host(char *name) {
  int length = 0;
  return MPI_Get_processor_name(name, &length);
}

static inline int cmpi_error(int code, char *text) {
  int length = 0;
  return MPI_Error_string(code, text, &length);
}

static inline int cmpi_succeeded(int code) { return code == MPI_SUCCESS; }

/// Ends all processes.
static inline int cmpi_abort(int status) { return MPI_Abort(MPI_COMM_WORLD, status); }

static inline int cmpi_finish(void) { return MPI_Finalize(); }
