// The life of contracts by name: register, authorise, deploy, upgrade, pause, resume, retire. A
// system contract at a fixed address, called by ordinary transactions, and a guard around any
// engine: frames of an instance whose contract is paused or retired are refused, and an instance
// runs its contract's current code on its own data. Code and data are apart: each version's code
// lies at an account of its own, the data stay at the instance that the first deployment made.
#pragma once

#include <memory>

#include "models/api/params.hpp"
#include "models/parts/contract/frame.hpp"

namespace ledgerlab::contract {

/// Where the system contract stands, and the code that marks it there (for genesis).
Address lifecycle_address();
Bytes lifecycle_code();

enum class LifecycleStatus : std::uint8_t { none, registered, active, paused, retired };

/// `inner` with the life cycle around it. Methods of the system contract (Solidity's ABI):
///   register(bytes32 name)                       the caller becomes the owner
///   authorise(bytes32 name, address who, bool)   owner: who may deploy and upgrade
///   deploy(bytes32 name, bytes code) -> address  owner or authorised; creation code of `inner`
///   upgrade(bytes32 name, bytes code) -> uint256 the version, from 1
///   pause(bytes32), resume(bytes32), retire(bytes32)   owner
///   statusOf, versionOf, ownerOf, instanceOf, codeHashOf (bytes32 name)
/// A constructor sees as its sender who called deploy or upgrade, not the system contract; an
/// upgrade's constructor runs on the new code's own account, the instance's data stay as they are.
std::unique_ptr<ContractEngine> make_lifecycle(std::unique_ptr<ContractEngine> inner);

/// The parameter of every engine that puts the life cycle around it, and what it says.
ParamInfo lifecycle_param();
bool has_lifecycle(const Params& params);
std::unique_ptr<ContractEngine> with_lifecycle(std::unique_ptr<ContractEngine> engine,
                                               const Params& params);
/// In place of a contract's index in a ContractCall: the system contract.
inline constexpr std::uint32_t lifecycle_desk = 0xffff'ffffu;

}  // namespace ledgerlab::contract
