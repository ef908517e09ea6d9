// Duktape's build options for contracts, read by its configuration header at the place it keeps for
// overrides. Errors are C++ exceptions, so that our functions' objects are destroyed; budgets are
// asked for every so many instructions; `**` is no operator, for it would ask the C library's pow.
// The package's source names every built-in function in fixed tables, so none can be left out here:
// library.cpp takes them away from each heap.
#pragma once

#define DUK_USE_CPP_EXCEPTIONS
#define DUK_USE_INTERRUPT_COUNTER
extern "C" int ledgerlab_js_out_of_budget(void* heap);
#define DUK_USE_EXEC_TIMEOUT_CHECK(heap) ledgerlab_js_out_of_budget(heap)

#undef DUK_USE_NATIVE_CALL_RECLIMIT
#define DUK_USE_NATIVE_CALL_RECLIMIT 64
#undef DUK_USE_COMPILER_RECLIMIT
#define DUK_USE_COMPILER_RECLIMIT 200
#undef DUK_USE_ES7_EXP_OPERATOR
