// What aws-iam-authenticator does at both ends, with its own code: "token CLUSTER" makes the token that kubectl sends,
// and "verify CLUSTER TOKEN" asks STS who made one, as its server beside kube-apiserver does. Prints JSON.
package main

import (
	"context"
	"encoding/json"
	"log"
	"os"

	"sigs.k8s.io/aws-iam-authenticator/pkg/token"
)

func makeToken(cluster string) (map[string]string, error) {
	generator, err := token.NewGenerator(false, false)
	if err != nil {
		return nil, err
	}
	made, err := generator.GetWithOptions(context.Background(), &token.GetTokenOptions{ClusterID: cluster})
	if err != nil {
		return nil, err
	}
	return map[string]string{"token": made.Token}, nil
}

func verify(cluster, text string) (map[string]string, error) {
	identity, err := token.NewVerifier(cluster, "aws", os.Getenv("AWS_REGION")).Verify(text)
	if err != nil {
		return nil, err
	}
	return map[string]string{"arn": identity.ARN, "role": identity.CanonicalARN, "account": identity.AccountID,
		"session": identity.SessionName, "access_key_id": identity.AccessKeyID}, nil
}

func main() {
	var answer map[string]string
	var err error
	switch {
	case len(os.Args) == 3 && os.Args[1] == "token":
		answer, err = makeToken(os.Args[2])
	case len(os.Args) == 4 && os.Args[1] == "verify":
		answer, err = verify(os.Args[2], os.Args[3])
	default:
		log.Fatal("usage: authenticator token CLUSTER | verify CLUSTER TOKEN")
	}
	if err != nil {
		answer = map[string]string{"error": err.Error()}
	}
	if err := json.NewEncoder(os.Stdout).Encode(answer); err != nil {
		log.Fatal(err)
	}
}
