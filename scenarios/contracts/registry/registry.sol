// SPDX-License-Identifier: MIT
// A registry of assets: each has an owner and the hash of a document about it.
pragma solidity 0.8.26;

contract Registry {
    mapping(bytes32 => address) public ownerOf;
    mapping(bytes32 => bytes32) public hashOf;

    event Registered(bytes32 indexed id, address indexed owner, bytes32 hash);
    event AssetTransferred(bytes32 indexed id, address indexed from, address indexed to);

    function register(bytes32 id, bytes32 hash) external {
        require(ownerOf[id] == address(0), "registry: taken");
        ownerOf[id] = msg.sender;
        hashOf[id] = hash;
        emit Registered(id, msg.sender, hash);
    }

    function transferAsset(bytes32 id, address to) external {
        require(ownerOf[id] == msg.sender, "registry: not the owner");
        require(to != address(0), "registry: nobody");
        ownerOf[id] = to;
        emit AssetTransferred(id, msg.sender, to);
    }
}
