// The judgements behind the checkers, one function each; checker.cpp tables them.
#pragma once

#include "sim/measure/evidence.hpp"
#include "sim/measure/worst.hpp"

namespace ledgerlab::checks {

/// No two final blocks at one height, no two states after one block.
void agreement(const Evidence& evidence, Worst& worst);
/// What is final was submitted by a client before.
void validity(const Evidence& evidence, Worst& worst);
/// Nothing takes effect twice, nothing is spent twice, not even in two final histories.
/// Largest one-way delay of a link, jitter included as far as it is bounded or ten times its mean.
Duration largest_delay(const NetworkSpec& links);
void no_double_spend(const Evidence& evidence, Worst& worst);
/// What a client holds for done is in every final history that reaches its height.
void durability(const Evidence& evidence, Worst& worst);
/// At most one node leads in a term.
void one_leader(const Evidence& evidence, Worst& worst);
/// Nothing is created or lost, and the replayed state is the one the nodes have.
void supply(const Evidence& evidence, Worst& worst);
/// No node's head leaves a block that it called final.
void settlement(const Evidence& evidence, Worst& worst);
/// Messages, busy times, and open transactions counted two ways, in integers.
void books(const Evidence& evidence, Worst& worst);
/// A read sees every write acknowledged, and every state read, before it was asked for.
void linearisable_reads(const Evidence& evidence, Worst& worst);
/// Not all that was committed was for nothing: calls that failed, envelopes that were invalid.
void vain(const Evidence& evidence, Worst& worst);
/// A decision comes within the bound while transactions wait; false: ended too early to tell.
bool liveness(const Evidence& evidence, Worst& worst);

}  // namespace ledgerlab::checks
