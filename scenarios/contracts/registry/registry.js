// A registry of assets: each has an owner and the hash of a document about it.
var nobody = '0x0000000000000000000000000000000000000000';
var nothing = '0x0000000000000000000000000000000000000000000000000000000000000000';

function ownerOf(id) { return get('owner:' + id) || nobody; }

({
  'register(bytes32,bytes32)': function (id, hash) {
    require(ownerOf(id) === nobody, 'registry: taken');
    set('owner:' + id, msg.sender);
    set('hash:' + id, hash);
    emit('Registered(bytes32,address,bytes32)', 2, id, msg.sender, hash);
  },
  'transferAsset(bytes32,address)': function (id, to) {
    require(ownerOf(id) === msg.sender, 'registry: not the owner');
    require(to !== nobody, 'registry: nobody');
    set('owner:' + id, to);
    emit('AssetTransferred(bytes32,address,address)', 3, id, msg.sender, to);
  },
  'ownerOf(bytes32)': ownerOf,
  'hashOf(bytes32)': function (id) { return get('hash:' + id) || nothing; }
});
