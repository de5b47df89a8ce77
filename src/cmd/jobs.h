/* Background work: rows of shuzhi.job, taken with SKIP LOCKED, one transaction of their own each.
 */
#pragma once
#include "cmd/work.h"

struct jobs;

struct jobs *jobs_start(const struct work *work, struct err *e);
void jobs_stop(struct jobs *j); /* waits for the job at hand */
