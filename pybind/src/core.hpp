// What the two files of `_core` share: the face of ledgerlab for Python (DESIGN 9, 13.7).
#pragma once

#include <pybind11/pybind11.h>

#include <memory>
#include <stdexcept>
#include <string>

#include "models/api/registry.hpp"

namespace ledgerlab::python {

namespace py = pybind11;

/// A hook of a protocol written in Python has raised. Keeps the exception for ledgerlab.run().
struct ProtocolFault : std::runtime_error {
  ProtocolFault(const std::string& text, std::string hook_name, NodeId node_id, Time instant,
                std::shared_ptr<py::error_already_set> error)
      : std::runtime_error(text),
        hook(std::move(hook_name)),
        node(node_id),
        local(instant),
        raised(std::move(error)) {}
  std::string hook;
  NodeId node;
  Time local;
  std::shared_ptr<py::error_already_set> raised;
};

/// A class of Python as a consensus model: `Model` of the module.
struct Model {
  ModelInfo info;
};

void bind_protocol(py::module_& module);

}  // namespace ledgerlab::python
