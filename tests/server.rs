//! What only a store on a server has: the way there, passwords, roles, encryption.
