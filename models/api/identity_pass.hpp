// While a message's identity is computed, transactions inside it are written as their ids: an
// identity does not depend on any authenticator, so a run has one trace hash in both crypto modes.
#pragma once

#include <cstddef>

namespace ledgerlab {

/// In force on this thread from construction to destruction.
class IdentityPass {
 public:
  IdentityPass() : outer_(current_) { current_ = this; }
  ~IdentityPass() { current_ = outer_; }
  IdentityPass(const IdentityPass&) = delete;
  IdentityPass& operator=(const IdentityPass&) = delete;
  static IdentityPass* current() { return current_; }
  /// Suspends the pass: sizes and full encodings taken meanwhile are the true ones.
  class Pause {
   public:
    Pause() : saved_(current_) { current_ = nullptr; }
    ~Pause() { current_ = saved_; }
    Pause(const Pause&) = delete;
    Pause& operator=(const Pause&) = delete;

   private:
    IdentityPass* saved_;
  };

  std::size_t full_bytes = 0;     // what the ids stand for
  std::size_t written_bytes = 0;  // the ids

 private:
  static thread_local IdentityPass* current_;
  IdentityPass* outer_;
};

}  // namespace ledgerlab
