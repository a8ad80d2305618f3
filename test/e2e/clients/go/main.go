// Prints who AWS says the caller is, or the code of the error that credentials ended with, as JSON.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"log"
	"os"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
)

func callerIdentity(ctx context.Context) (map[string]string, error) {
	settings, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return nil, err
	}
	identity, err := sts.NewFromConfig(settings).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return nil, err
	}
	return map[string]string{"arn": *identity.Arn, "account": *identity.Account}, nil
}

func main() {
	answer, err := callerIdentity(context.Background())
	if err != nil {
		// However deep in the chain: the call for credentials is what failed.
		var apiError smithy.APIError
		if !errors.As(err, &apiError) {
			log.Fatal(err)
		}
		answer = map[string]string{"code": apiError.ErrorCode()}
	}
	if err := json.NewEncoder(os.Stdout).Encode(answer); err != nil {
		log.Fatal(err)
	}
}
